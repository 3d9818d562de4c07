import { ReasonBody } from '@drover/contracts';
import { defineCommand, isRejection, OperationId, reject, VmId } from '@drover/kernel';
import * as z from 'zod';
import { permitted } from '../queries/wish-of-operation.query.js';
import { endBy, type EndPorts } from './end-operation.command.js';

/**
 * Stops what has not been sent: a wish that nobody worked on yet, a retry, force after the guest's share, the wait for
 * tools. A call that is with the provider cannot be taken back, and the refusal says so. What was sent may yet be done.
 */
export const cancelOperation = defineCommand({
  name: 'operation.cancel',
  input: z.strictObject({ id: OperationId.schema, ...ReasonBody.shape }),
  needs: () => [], // the right of the operation's own verb, which only its stream knows
  async handle({ id }, actor, ports: EndPorts) {
    const known = await permitted(id, 'operation.cancel', actor, ports);
    if (isRejection(known)) return known;
    const { operation, wished } = known;
    if (operation.state === 'cancelled') return { operation, replayed: false };
    if (wished.kind === 'bulk.start')
      return reject(
        'not_cancellable',
        'Its machines are worked on by their own operations: cancel those. Nothing was done.',
      );
    const ended = await endBy(id, { type: 'Cancel', op: OperationId.ordinal(id) }, actor, ports);
    if (!isRejection(ended) && !actor.dryRun) ports.jobs.nudge('power', VmId.parse(operation.target.id));
    return ended;
  },
});
