// Cancels an operation as far as nothing was sent that cannot be taken back. Never: a call to a provider; the policy is
// nudged, and looks.
import { isRejection, OperationId, reject, VmId, type Actor } from '@drover/kernel';
import { ifMatched } from '@drover/operations';
import { contextOf } from '@drover/ports';
import { bulkOf } from '../../domain/bulk.decider.js';
import { acceptedOf } from '../requests/accepted-operation.js';
import type { PermittedOperation, VerbPorts } from './permitted-operation.js';

/**
 * Stops what has not been sent: a request that nobody worked on yet, a retry, force after the guest's share, the wait for
 * tools or for a guest that was asked, which may yet do it. What may have been taken without asking a guest cannot be
 * cancelled, and the refusal says so.
 */
export const cancel = async ({ operation }: PermittedOperation, actor: Actor, ports: VerbPorts) => {
  const { id, state, kind, target, parent } = operation;
  if (state === 'cancelled') return { operation, replayed: false };
  if (kind === 'bulk.start')
    return reject(
      'not_cancellable',
      'Its machines are worked on by their own operations: cancel those. Nothing was done.',
    );
  const [op, at] = [OperationId.ordinal(id), ports.clock.now()];
  const command = { type: 'Cancel', op, at } as const;
  const context = ifMatched(contextOf(actor, { type: 'Cancel', op }, at), actor, 'p');
  const outcome = await ports.powers.transact(OperationId.stream(id), command, context);
  if (isRejection(outcome)) return outcome;
  const accepted = await acceptedOf(id, outcome, actor, ports);
  if (!actor.dryRun) {
    ports.jobs.nudge('power', VmId.parse(target.id));
    if (parent) ports.jobs.nudge('bulk', bulkOf(OperationId.stream(parent)), 500);
  }
  return accepted;
};
