// The way of every request for one machine, whatever its verb: what is known of the machine is looked up, the decider grants
// or refuses, the fact is appended, the operation is the answer. Never: read or switch a machine here. `power.policy.ts` acts
// on the fact, and what only a provider knows is judged by its fresh look.
import { isNoEtag, noEtag } from '@drover/contracts';
import { isRejection, noSuchVm, OperationId, reject, scopeOf } from '@drover/kernel';
import type { Actor, BulkId, Instant, Rejection, VmId } from '@drover/kernel';
import { ifMatched } from '@drover/operations';
import { contextOf, type Clock, type EventStore } from '@drover/ports';
import { COOL_SECONDS } from '../../domain/cool-down.js';
import type { PreconditionCode, RequestPower } from '../../domain/power-request.js';
import { powerStream } from '../../domain/power.events.js';
import { requestAt, type RequestTemplate } from '../../domain/power-request.events.js';
import { goneMachine, machineAt, type DirectoryEntry } from '../directory/directory.js';
import type { StreamPorts } from '../operations/read-operation.js';
import { requestedAt, type OperationTimes } from '../work/operation-time.js';
import { blockedBecause, type SignIns } from '../work/sign-ins.js';
import { acceptedRequest } from './accepted-operation.js';

/** What a request takes: the directory and the streams. No provider is within its reach. */
export interface RequestPorts extends StreamPorts {
  readonly signIns: SignIns;
  readonly clock: Clock;
  readonly eventStore: Pick<EventStore, 'run'>;
  readonly times: OperationTimes;
}

/** A request for one machine. `input`: what a repeat of it is known by. `confirmName`: the name that a person has typed. */
export interface MachineRequest {
  readonly vmId: VmId;
  readonly template: RequestTemplate;
  readonly input: unknown;
  readonly bulkId?: BulkId;
  readonly confirmName?: string;
}

/** What is known of a machine beside its stream, in the words of the decision. `at`: when it was looked up. */
export type Preconditions = Omit<RequestPower, 'type' | 'request' | 'deadline' | 'bulkId'> & { readonly at: Instant };

/** Records a request for one machine, unless something stands against it. */
export const requestPower = async (asked: MachineRequest, actor: Actor, ports: RequestPorts) => {
  const { vmId, template, input, bulkId = null } = asked;
  const preconditions = await preconditionsOf(asked, actor, ports);
  if (isRejection(preconditions)) return preconditions;
  const { at } = preconditions;
  const outcome = await ports.powers.transact(
    powerStream(vmId),
    { type: 'RequestPower', ...preconditions, ...requestAt(template, at), bulkId },
    ifMatched(contextOf(actor, input, at), actor, 'p'),
  );
  return isRejection(outcome) ? outcome : acceptedRequest(vmId, outcome, actor, ports);
};

/**
 * What is known of a machine, and what stands against a request for it outside of its stream. That is data for the
 * decision, no decision: a request that was granted before is answered as then, whatever stands against it now.
 */
export const preconditionsOf = async (
  { vmId, confirmName }: Pick<MachineRequest, 'vmId' | 'confirmName'>,
  actor: Actor,
  ports: RequestPorts,
): Promise<Preconditions | Rejection<'not_found' | 'view_unreadable'>> => {
  const { directory, powers, times, clock, eventStore } = ports;
  const entry = await directory.entry(vmId);
  if (!entry) return directory.parked(vmId) ? unreadable(vmId) : noSuchVm(vmId);
  const { name, observed, template } = entry.vm;
  const { restarted, stopping } = (await powers.load(powerStream(vmId))).state;
  const stoppingSince = stopping && (await requestedAt(vmId, stopping, ports));
  return {
    ...{ vmId, name, at: clock.now(), reasoned: actor.reason !== undefined, spent: OperationId.spent(eventStore.run) },
    failedPrecondition: await failedPrecondition(entry, actor, ports, confirmName),
    view: actor.dryRun && observed ? { ...observed.reading, template } : null, // the real one is judged by what the provider says then
    ...(restarted && { sinceRestart: times.sinceRestart(vmId, restarted.at, COOL_SECONDS) }),
    ...(stoppingSince && { mayStopFor: times.mayStopFor(vmId, stopping, stoppingSince) }),
  };
};

const UNREADABLE = 'An event of this machine could not be taken: see /api/v1/dead-letters. Nothing was sent.';
const unreadable = (vmId: VmId) => reject('view_unreadable', UNREADABLE, { vmId, retryAfterSeconds: 30 });

const failedPrecondition = async (entry: DirectoryEntry, actor: Actor, ports: RequestPorts, typed?: string) => {
  const { directory, signIns } = ports;
  const { vmId, name, life } = entry.vm;
  const no = (code: PreconditionCode, because: string) => reject(code, `${because} Nothing was sent.`, { vmId });
  if (isNoEtag(actor.ifMatch)) return noEtag('machine', { vmId });
  if (directory.parked(vmId)) return unreadable(vmId);
  if (life.is === 'retired')
    return { ...(await goneMachine(entry.vm, { entryOf: directory.entry, scope: scopeOf(actor, 'vm:read') })), vmId };
  if (!machineAt(entry)) return no('vm_not_ready', `No provider shows ${name} yet.`);
  const blocked = await blockedBecause(entry, signIns);
  if (blocked !== null) return no('connection_blocked', `${name}: ${blocked}`);
  if (typed === undefined || typed === name) return null;
  return no('confirmation_required', 'The name that was typed is not the name of the machine.');
};
