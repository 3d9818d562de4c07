import { MarkBody } from '@drover/contracts';
import { defineCommand, isRejection, OperationId, reject } from '@drover/kernel';
import * as z from 'zod';
import { permitted } from '../queries/wish-of-operation.query.js';
import { endBy, type EndPorts } from './end-operation.command.js';

/** A person looked and says what came of an operation whose outcome nobody could read. */
export const markOperation = defineCommand({
  name: 'operation.mark',
  input: z.strictObject({ id: OperationId.schema, ...MarkBody.shape }),
  needs: () => [], // the right of the operation's own verb, which only its stream knows
  async handle({ id, outcome, confirmName }, actor, ports: EndPorts) {
    const known = await permitted(id, 'operation.mark', actor, ports);
    if (isRejection(known)) return known;
    const { operation, wished } = known;
    if (wished.kind === 'bulk.start')
      return reject('wrong_state', 'A bulk is what its items are: mark those. Nothing was done.');
    if (confirmName !== undefined && confirmName !== operation.target.name)
      return reject(
        'confirmation_required',
        'The name that was typed is not the name of the machine. Nothing was done.',
      );
    return endBy(id, { type: 'Mark', op: OperationId.ordinal(id), outcome }, actor, ports);
  },
});
