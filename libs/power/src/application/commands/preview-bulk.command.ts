import type { Operation } from '@drover/contracts';
import { isRejection, type Actor } from '@drover/kernel';
import type { BulkWish } from '../../domain/bulk.decider.js';
import { wishOfItem } from '../../domain/wish.js';
import { refusedItem, TWICE } from '../projections/bulk.projection.js';
import { askFor, type AskPorts } from './ask-power.command.js';

/** A bulk that was only tried: what stands against each of its machines. */
export const preview = async (
  operation: Operation,
  wish: BulkWish,
  actor: Actor,
  ports: AskPorts,
): Promise<Operation> => {
  const { commandId: _, ifMatch: _seen, ...who } = actor;
  const items = await Promise.all(
    (operation.items ?? []).map(async (item, index) => {
      const vmId = wish.targetIds[index];
      if (vmId === undefined) return item;
      if (wish.targetIds.indexOf(vmId) !== index) return { ...item, ...refusedItem('invalid_request', TWICE) };
      const asking = { vmId, input: wish, timeoutSeconds: wish.timeoutSeconds, wish: wishOfItem(wish) };
      const answer = await askFor(asking, who, ports);
      return isRejection(answer) ? { ...item, ...refusedItem(answer.rejected, answer.because) } : item;
    }),
  );
  return { ...operation, items };
};
