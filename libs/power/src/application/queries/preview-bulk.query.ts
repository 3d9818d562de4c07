import type { Operation } from '@drover/contracts';
import { isRejection, reject, type Actor, type VmId } from '@drover/kernel';
import type { Bulk } from '../../domain/bulk.decider.js';
import { powerDecider } from '../../domain/power.decider.js';
import { powerStream } from '../../domain/power.js';
import { wishedAt, type Asking } from '../../domain/wish.js';
import { refusedItem, TWICE } from '../projections/bulk.projection.js';
import { standingOf, type AskPorts } from './standing.query.js';

/** What stands against a wish for one machine now; null when it would be granted. */
const refusalOf = async (vmId: VmId, asking: Asking, actor: Actor, ports: AskPorts) => {
  const standing = await standingOf({ vmId }, actor, ports);
  if (isRejection(standing)) return standing;
  const { state } = await ports.powers.load(powerStream(vmId));
  const wished = wishedAt(asking, standing.at);
  const decided = powerDecider.decide({ type: 'Ask', ...standing, ...wished, bulkId: null }, state);
  return isRejection(decided) ? decided : null;
};

/** A bulk that was only tried: what stands against each of its machines. Nothing is recorded. */
export const previewed = async (
  operation: Operation,
  bulk: Bulk,
  { ifMatch: _, ...actor }: Actor,
  ports: AskPorts,
): Promise<Operation> => {
  if (bulk.is === 'nothing') return operation;
  const { targetIds, ...asking } = bulk.wish;
  const items = await Promise.all(
    (operation.items ?? []).map(async (item, index) => {
      const vmId = targetIds[index];
      if (vmId === undefined) return item;
      if (targetIds.indexOf(vmId) !== index) return { ...item, ...refusedItem(reject('invalid_request', TWICE)) };
      const refusal = await refusalOf(vmId, asking, actor, ports);
      return refusal ? { ...item, ...refusedItem(refusal) } : item;
    }),
  );
  return { ...operation, items };
};
