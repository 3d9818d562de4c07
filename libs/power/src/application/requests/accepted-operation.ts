import type { Operation } from '@drover/contracts';
import { OperationId, type Actor, type BulkId, type VmId } from '@drover/kernel';
import type { AcceptedOperation } from '@drover/operations';
import type { Outcome } from '@drover/ports';
import { bulkStream, type Bulk } from '../../domain/bulk.decider.js';
import type { BulkFact } from '../../domain/bulk.events.js';
import { type PowerFact, powerOperation } from '../../domain/power.events.js';
import type { Power } from '../../domain/power.js';
import { commitsOf, dressed, dressedBulk, readOperation, type StreamPorts } from '../operations/read-operation.js';
import { previewed } from '../bulk/preview-bulk.js';
import type { RequestPorts } from './request-power.js';

const read = (id: string, operation: Operation | null): Operation => {
  if (!operation) throw new Error(`${id} was written to and cannot be read`);
  return operation;
};

/** An operation after what was done with it; of a dry run, as it would stand. */
export const acceptedOf = async (
  id: OperationId,
  { commit, after, replayed }: Outcome<PowerFact, Power>,
  { dryRun }: Actor,
  ports: StreamPorts,
): Promise<AcceptedOperation> => {
  const operation =
    dryRun && commit
      ? await dressed(id, [...(await commitsOf(id, ports)).commits, commit], after.state, ports)
      : await readOperation(id, ports);
  return { operation: read(id, operation), replayed };
};

/** The operation of a request for one machine that was granted. */
export const acceptedRequest = (vmId: VmId, outcome: Outcome<PowerFact, Power>, actor: Actor, ports: StreamPorts) => {
  const [fact] = outcome.facts;
  if (!fact) throw new Error('a granted request records at least one fact');
  return acceptedOf(powerOperation(vmId, fact.op), outcome, actor, ports);
};

/** The operation of a request for many machines; of a dry run, with what stands against each of them. */
export const acceptedBulk = async (
  id: BulkId,
  { commit, facts, after, replayed }: Outcome<BulkFact, Bulk>,
  actor: Actor,
  ports: RequestPorts,
): Promise<AcceptedOperation> => {
  const stream = bulkStream(id);
  const dry = actor.dryRun && commit;
  const commits = dry ? [commit] : await ports.bulks.commits(stream);
  const operation = read(stream, await dressedBulk(after.state, commits, stream, ports));
  return {
    operation: dry ? await previewed(operation, after.state, actor, ports) : operation,
    // Already so: the key was used longer ago than a day, and its stream is found by it all the same.
    replayed: replayed || facts.length === 0,
  };
};
