import { sequenceIn, type Operation } from '@drover/contracts';
import { Instant, isRejection, reject, type Actor, type BulkId, type VmId } from '@drover/kernel';
import { wishOf, type Clock, type JobQueue, type Outcome, type StreamsOf } from '@drover/ports';
import type { powerDecider } from '../../domain/power.decider.js';
import type { PowerFact } from '../../domain/power.events.js';
import { powerOperation, powerStream, type Power } from '../../domain/power.js';
import type { WishAt } from '../../domain/wish.js';
import type { ProviderPorts } from '../policies/provider.policy.js';
import type { Directory } from '../projections/directory.projection.js';
import { dressed, readOperation, type OperationPorts } from '../queries/get-operation.query.js';
import { hindranceOf } from '../queries/hindrance.query.js';

/** What asking takes: what was observed last, and the streams. No provider is within its reach. */
export interface AskPorts extends OperationPorts {
  readonly powers: StreamsOf<typeof powerDecider>;
  readonly directory: Directory;
  readonly signIns: ProviderPorts['signIns'];
  readonly clock: Clock;
  readonly jobs: JobQueue;
}

/** The operation that a wish led to, as it stands, and whether it was asked for before. */
export interface Asked {
  readonly operation: Operation;
  readonly replayed: boolean;
}

/** What is asked of one machine. `input` is what the key is bound to. */
export interface Asking {
  readonly vmId: VmId;
  readonly input: unknown;
  readonly wish: WishAt;
  readonly timeoutSeconds: number;
  readonly confirmName?: string;
  readonly bulkId?: BulkId;
}

/** The operation of an outcome; of a dry run, as it would begin. */
const operationOf = async (
  vmId: VmId,
  { commit, facts, after }: Outcome<PowerFact, Power>,
  dry: boolean,
  ports: AskPorts,
) => {
  const [granted] = facts;
  if (!granted) throw new Error('a granted wish records at least one fact');
  const id = powerOperation(vmId, granted.op);
  const operation = dry && commit ? await dressed(id, [commit], after.state, ports) : await readOperation(id, ports);
  if (!operation) throw new Error(`${id} was granted and cannot be read`);
  return operation;
};

/** Records a wish for one machine, or says what stands against it. The policy acts on it. */
export const askFor = async (asking: Asking, actor: Actor, ports: AskPorts) => {
  const { vmId, input, wish, timeoutSeconds, bulkId = null } = asking;
  const place = await ports.directory.place(vmId);
  if (!place) return reject('not_found', 'There is no such machine. Nothing was sent.', { vmId });
  const at = ports.clock.now();
  const [deadline, reasoned] = [Instant.plusSeconds(at, timeoutSeconds), actor.reason !== undefined];
  const seen = sequenceIn(actor.ifMatch, 'p');
  const hindrance = await hindranceOf(place, { confirmName: asking.confirmName, etagReadable: seen !== null }, ports);
  const outcome = await ports.powers.transact(
    powerStream(vmId),
    { type: 'Ask', vmId, wish: wish(at), at, deadline, bulkId, seen: place.vm.seen, reasoned, hindrance },
    { ...wishOf(actor, input, at), ...(typeof seen === 'number' && { ifSequence: seen }) },
  );
  if (isRejection(outcome)) return outcome;
  const operation = await operationOf(vmId, outcome, actor.dryRun === true, ports);
  return { operation, replayed: outcome.replayed } satisfies Asked;
};
