import type { Operation } from '@drover/contracts';
import { OperationId, type Actor, type BulkId, type StreamId, type VmId } from '@drover/kernel';
import { asReadBy, type AcceptedOperation, type ReadingPorts } from '@drover/operations';
import type { Outcome } from '@drover/ports';
import { bulkStream, type Bulk } from '../../domain/bulk.decider.js';
import type { BulkFact } from '../../domain/bulk.events.js';
import type { PowerFact } from '../../domain/power.events.js';
import { powerOperation, type Power } from '../../domain/power.js';
import { commitsOf, dressed, dressedBulk, readOperation, type OperationPorts } from '../operations/read-operation.js';
import { previewed } from '../bulk/preview-bulk.js';
import type { RequestPorts } from './preconditions.js';

const found = (id: OperationId | StreamId, operation: Operation | null): Operation => {
  if (!operation) throw new Error(`${id} was written to and cannot be read`);
  return operation;
};

/** An operation after what was done with it; of a dry run, as it would stand. */
export const askedOf = async (
  id: OperationId,
  { commit, after, replayed }: Outcome<PowerFact, Power>,
  { dryRun }: Actor,
  ports: OperationPorts,
): Promise<AcceptedOperation> => {
  const operation =
    dryRun && commit
      ? await dressed(id, [...(await commitsOf(id, ports)).commits, commit], after.state, ports)
      : await readOperation(id, ports);
  return { operation: found(id, operation), replayed };
};

/** The operation of a request for one machine that was granted. */
export const granted = (vmId: VmId, outcome: Outcome<PowerFact, Power>, actor: Actor, ports: OperationPorts) => {
  const [fact] = outcome.facts;
  if (!fact) throw new Error('a granted request records at least one fact');
  return askedOf(powerOperation(vmId, fact.op), outcome, actor, ports);
};

/** The operation of a request for many machines; of a dry run, with what stands against each of them. */
export const grantedBulk = async (
  id: BulkId,
  { commit, facts, after, replayed }: Outcome<BulkFact, Bulk>,
  actor: Actor,
  ports: RequestPorts & ReadingPorts,
): Promise<AcceptedOperation> => {
  const stream = bulkStream(id);
  const dry = actor.dryRun && commit;
  const commits = dry ? [commit] : await ports.bulks.commits(stream);
  const operation = found(stream, await dressedBulk(after.state, commits, stream, ports));
  const now = dry ? await previewed(operation, after.state, actor, ports) : operation;
  return {
    operation: await asReadBy(now, actor, ports.groupsOf), // a repeat may come from somebody who sees less by now
    // Already so: the key was used longer ago than a day, and its stream is found by it all the same.
    replayed: replayed || facts.length === 0,
  };
};
