import { isNoEtag, noEtag, sequenceIn } from '@drover/contracts';
import {
  noSuchVm,
  OperationId,
  reject,
  scopeOf,
  type Actor,
  type Instant,
  type Rejection,
  type VmId,
} from '@drover/kernel';
import type { Clock, EventStore, CommandContext } from '@drover/ports';
import { COOL_SECONDS, type RequestPower, type PreconditionCode } from '../../domain/power.decider.js';
import { powerStream } from '../../domain/power.js';
import { goneMachine, machineAt, type DirectoryEntry } from '../directory/directory.js';
import type { OperationPorts } from '../operations/read-operation.js';
import { blockedBecause, type SignIns } from '../work/look.js';
import { requestedAt, type OperationTimes } from '../work/operation-time.js';

/** What asking takes: the directory and the streams. No provider is within its reach. */
export interface RequestPorts extends OperationPorts {
  readonly signIns: SignIns;
  readonly clock: Clock;
  readonly eventStore: Pick<EventStore, 'run'>;
  readonly times: OperationTimes;
}

/** Which machine is meant, and by which name whoever asks confirmed it. */
interface Named {
  readonly vmId: VmId;
  readonly confirmName?: string;
}

/** How a machine stands to a request, in the words of the decision. */
export type Preconditions = Pick<
  RequestPower,
  'vmId' | 'name' | 'sinceRestart' | 'mayStopFor' | 'view' | 'reasoned' | 'failedPrecondition' | 'spent'
> & {
  /** When it was asked, by the time of day. */
  readonly at: Instant;
};

const unreadable = (vmId: VmId) =>
  reject(
    'view_unreadable',
    'An event of this machine could not be taken: see /api/v1/dead-letters. Nothing was sent.',
    {
      vmId,
      retryAfterSeconds: 30,
    },
  );

const hindranceOf = async (
  place: DirectoryEntry,
  confirmName: string | undefined,
  actor: Actor,
  { signIns, directory }: RequestPorts,
): Promise<Rejection<PreconditionCode> | null> => {
  const { vmId, name, life } = place.vm;
  const no = (code: PreconditionCode, because: string) => reject(code, `${because} Nothing was sent.`, { vmId });
  if (isNoEtag(actor.ifMatch)) return noEtag('machine', { vmId });
  if (directory.parked(vmId)) return unreadable(vmId);
  if (life.is === 'retired')
    return { ...(await goneMachine(place.vm, { entryOf: directory.entry, scope: scopeOf(actor, 'vm:read') })), vmId };
  if (!machineAt(place)) return no('vm_not_ready', `No provider shows ${name} yet.`);
  const blocked = await blockedBecause(place, signIns);
  if (blocked !== null) return reject('connection_blocked', `${name}: ${blocked} Nothing was sent.`, { vmId });
  return confirmName !== undefined && confirmName !== name
    ? no('confirmation_required', 'The name that was typed is not the name of the machine.')
    : null;
};

/**
 * What is known of a machine, and what stands against a request for it outside of its stream. That is data for the
 * decision, no decision: a request that was granted before is answered as then, whatever stands against it now.
 */
export const preconditionsOf = async (
  { vmId, confirmName }: Named,
  actor: Actor,
  ports: RequestPorts,
): Promise<Preconditions | Rejection<'not_found' | 'view_unreadable'>> => {
  const place = await ports.directory.entry(vmId);
  if (!place && ports.directory.parked(vmId)) return unreadable(vmId);
  if (!place) return noSuchVm(vmId);
  const failedPrecondition = await hindranceOf(place, confirmName, actor, ports);
  const { name, observed, template } = place.vm;
  const view = actor.dryRun && observed ? { ...observed.reading, template } : null; // the real one is judged by what the provider says then
  const { restarted, stopping } = (await ports.powers.load(powerStream(vmId))).state;
  const sinceRestart = restarted && ports.times.sinceRestart(vmId, restarted.at, COOL_SECONDS);
  const stoppingSince = stopping && (await requestedAt(vmId, stopping, ports));
  const mayStopFor = stoppingSince && ports.times.mayStopFor(vmId, stopping, stoppingSince);
  const spent = OperationId.spent(ports.eventStore.run);
  const told = {
    vmId,
    name,
    at: ports.clock.now(),
    view,
    reasoned: actor.reason !== undefined,
    failedPrecondition,
    spent,
  };
  return { ...told, ...(sinceRestart !== null && { sinceRestart }), ...(mayStopFor !== null && { mayStopFor }) };
};

/** The request, kept from a machine whose power changed since whoever asks has read it (`If-Match`). */
export const ifMatched = (request: CommandContext, { ifMatch }: Actor): CommandContext => {
  const ifSequence = sequenceIn(ifMatch, 'p');
  return typeof ifSequence === 'number' ? { ...request, ifSequence } : request;
};
