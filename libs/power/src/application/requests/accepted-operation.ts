// The answer to a request that was granted, read from the stream that was written. Never: a view, which may lag behind.
import type { Operation } from '@drover/contracts';
import { OperationId, type Actor, type StreamId, type VmId } from '@drover/kernel';
import type { AcceptedOperation } from '@drover/operations';
import type { Outcome } from '@drover/ports';
import { powerOperation, type PowerFact } from '../../domain/power.events.js';
import type { Power } from '../../domain/power.js';
import { commitsOf, dressed, readOperation, type StreamPorts } from '../operations/read-operation.js';

/** What was written to can be read. */
export const written = (id: OperationId | StreamId, operation: Operation | null): Operation => {
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
  return { operation: written(id, operation), replayed };
};

/** The operation of a request for one machine that was granted. */
export const acceptedRequest = (vmId: VmId, outcome: Outcome<PowerFact, Power>, actor: Actor, ports: StreamPorts) => {
  const [fact] = outcome.facts;
  if (!fact) throw new Error('a granted request records at least one event');
  return acceptedOf(powerOperation(vmId, fact.op), outcome, actor, ports);
};
