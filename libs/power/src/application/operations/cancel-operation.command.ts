import { ReasonBody } from '@drover/contracts';
import { defineCommand, isRejection, OperationId, reject, VmId } from '@drover/kernel';
import { contextOf, type Clock, type JobQueue } from '@drover/ports';
import * as z from 'zod';
import { bulkOf } from '../../domain/bulk.decider.js';
import { askedOf } from '../requests/accepted-operation.js';
import { ifMatched } from '../requests/preconditions.js';
import { permitted, type PermittedPorts } from './permitted-operation.js';

/** What calling off takes. */
export interface CancelPorts extends PermittedPorts {
  readonly clock: Clock;
  readonly jobs: JobQueue;
}

/**
 * Stops what has not been sent: a request that nobody worked on yet, a retry, force after the guest's share, the wait for
 * tools or for a guest that was asked, which may yet do it. What may have been taken without asking a guest cannot be
 * cancelled, and the refusal says so.
 */
export const cancelOperation = defineCommand({
  name: 'operation.cancel',
  input: z.strictObject({ id: OperationId.schema, ...ReasonBody.shape }),
  needs: () => [], // the right of the operation's own verb, which only its stream knows
  async handle({ id }, actor, ports: CancelPorts) {
    const known = await permitted(id, 'operation.cancel', actor, ports);
    if (isRejection(known)) return known;
    const { state, kind, target, parent } = known.operation;
    if (state === 'cancelled') return { operation: known.operation, replayed: false };
    if (kind === 'bulk.start')
      return reject(
        'not_cancellable',
        'Its machines are worked on by their own operations: cancel those. Nothing was done.',
      );
    const [op, at] = [OperationId.ordinal(id), ports.clock.now()];
    const cancel = { type: 'Cancel', op, at } as const;
    const request = ifMatched(contextOf(actor, { type: 'Cancel', op }, at), actor);
    const outcome = await ports.powers.transact(OperationId.stream(id), cancel, request);
    if (isRejection(outcome)) return outcome;
    const asked = await askedOf(id, outcome, actor, ports);
    if (!actor.dryRun) {
      ports.jobs.nudge('power', VmId.parse(target.id));
      if (parent) ports.jobs.nudge('bulk', bulkOf(OperationId.stream(parent)), 500);
    }
    return asked;
  },
});
