import { MarkBody } from '@drover/contracts';
import { defineCommand, isRejection, OperationId, reject } from '@drover/kernel';
import { contextOf, type Clock } from '@drover/ports';
import * as z from 'zod';
import { askedOf } from '../requests/accepted-operation.js';
import { ifMatched } from '../requests/preconditions.js';
import { permitted, type PermittedPorts } from './permitted-operation.js';

/** What marking takes. */
export interface MarkPorts extends PermittedPorts {
  readonly clock: Clock;
}

/** A person looked and says what came of an operation whose outcome nobody could read. */
export const markOperation = defineCommand({
  name: 'operation.mark',
  input: z.strictObject({ id: OperationId.schema, ...MarkBody.shape }),
  needs: () => [], // the right of the operation's own verb, which only its stream knows
  async handle({ id, outcome: marked, confirmName }, actor, ports: MarkPorts) {
    const known = await permitted(id, 'operation.mark', actor, ports);
    if (isRejection(known)) return known;
    const { kind, target } = known.operation;
    if (kind === 'bulk.start')
      return reject('wrong_state', 'A bulk is what its items are: mark those. Nothing was done.');
    if (confirmName !== undefined && confirmName !== target.name)
      return reject(
        'confirmation_required',
        'The name that was typed is not the name of the machine. Nothing was done.',
      );
    const mark = { type: 'Mark', op: OperationId.ordinal(id), outcome: marked } as const;
    const request = ifMatched(contextOf(actor, mark, ports.clock.now()), actor);
    const outcome = await ports.powers.transact(OperationId.stream(id), mark, request);
    return isRejection(outcome) ? outcome : askedOf(id, outcome, actor, ports);
  },
});
