// What a person says of an outcome that nobody could read. Never: evidence; a mark stands beside what was read.
import type { MarkBody } from '@drover/contracts';
import { isRejection, OperationId, reject, type Actor } from '@drover/kernel';
import { ifMatched } from '@drover/operations';
import { contextOf } from '@drover/ports';
import type * as z from 'zod';
import { acceptedOf } from '../requests/accepted-operation.js';
import type { PermittedOperation, VerbPorts } from './permitted-operation.js';

/** A person looked and says what came of an operation whose outcome nobody could read. */
export const mark = async (
  { operation }: PermittedOperation,
  { outcome: marked, confirmName }: z.output<typeof MarkBody>,
  actor: Actor,
  ports: VerbPorts,
) => {
  const { id, kind, target } = operation;
  if (kind === 'bulk.start')
    return reject('wrong_state', 'A bulk is what its items are: mark those. Nothing was done.');
  if (confirmName !== undefined && confirmName !== target.name)
    return reject('confirmation_required', 'The name that was typed is not the name of the machine. Nothing was done.');
  const command = { type: 'Mark', op: OperationId.ordinal(id), outcome: marked } as const;
  const context = ifMatched(contextOf(actor, command, ports.clock.now()), actor, 'p');
  const outcome = await ports.powers.transact(OperationId.stream(id), command, context);
  return isRejection(outcome) ? outcome : acceptedOf(id, outcome, actor, ports);
};
