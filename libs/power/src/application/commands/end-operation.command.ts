import type { Operation } from '@drover/contracts';
import { isRejection, OperationId, StreamId, type Actor, type OnDenied } from '@drover/kernel';
import { wishOf, type Clock, type JobQueue, type Outcome } from '@drover/ports';
import type { EndCommand } from '../../domain/decide/power-ends.js';
import type { PowerFact } from '../../domain/power.events.js';
import type { Power } from '../../domain/power.js';
import { commitsOf, dressed, readOperation, type OperationPorts } from '../queries/get-operation.query.js';

/** What ending an operation otherwise than by its work takes. */
export interface EndPorts extends OperationPorts {
  readonly clock: Clock;
  readonly jobs: JobQueue;
  readonly denied: OnDenied;
}

/** How it stands now; of a dry run, how it would stand. */
const standing = async (
  id: OperationId,
  { commit, after }: Outcome<PowerFact, Power>,
  dry: boolean,
  ports: EndPorts,
) => {
  const operation: Operation | null =
    dry && commit
      ? await dressed(id, [...(await commitsOf(id, ports)).commits, commit], after.state, ports)
      : await readOperation(id, ports);
  if (!operation) throw new Error(`${id} was written to and cannot be read`);
  return operation;
};

/** Records what a person does with an operation of one machine, and answers how it stands then. */
export const endBy = async (id: OperationId, command: EndCommand, actor: Actor, ports: EndPorts) => {
  const { powers, clock, jobs } = ports;
  const outcome = await powers.transact(OperationId.stream(id), command, wishOf(actor, command, clock.now()));
  if (isRejection(outcome)) return outcome;
  const operation = await standing(id, outcome, actor.dryRun === true, ports);
  const { parent } = operation;
  if (parent && !actor.dryRun) jobs.nudge('bulk', StreamId.key('bulk', OperationId.stream(parent)), 500);
  return { operation, replayed: outcome.replayed };
};
