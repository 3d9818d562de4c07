// What a bulk would come to, machine by machine, by the rules of single requests. Never: something recorded.
import type { Operation } from '@drover/contracts';
import { isRejection, reject, type Actor, type VmId } from '@drover/kernel';
import type { Bulk } from '../../domain/bulk.decider.js';
import { powerDecider } from '../../domain/power.decider.js';
import { powerStream } from '../../domain/power.events.js';
import { requestAt, type RequestTemplate } from '../../domain/power-request.events.js';
import { refusedItem, TWICE } from './bulk-items.js';
import { preconditionsOf, type RequestPorts } from '../requests/request-power.js';

/** What stands against a request for one machine now; null when it would be granted. */
const refusalOf = async (vmId: VmId, template: RequestTemplate, actor: Actor, ports: RequestPorts) => {
  const preconditions = await preconditionsOf({ vmId }, actor, ports);
  if (isRejection(preconditions)) return preconditions;
  const { state } = await ports.powers.load(powerStream(vmId));
  const requested = requestAt(template, preconditions.at);
  const decided = powerDecider.decide({ type: 'RequestPower', ...preconditions, ...requested, bulkId: null }, state);
  return isRejection(decided) ? decided : null;
};

/** A bulk that was only tried: what stands against each of its machines. Nothing is recorded. */
export const previewed = async (
  operation: Operation,
  bulk: Bulk,
  { ifMatch: _, ...actor }: Actor,
  ports: RequestPorts,
): Promise<Operation> => {
  if (bulk.is === 'nothing') return operation;
  const { targetIds, ...template } = bulk.request;
  const items = await Promise.all(
    (operation.items ?? []).map(async (item, index) => {
      const vmId = targetIds[index];
      if (vmId === undefined) return item;
      if (bulk.settled.has(index)) return item; // none of theirs
      if (targetIds.indexOf(vmId) !== index) return { ...item, ...refusedItem(reject('invalid_request', TWICE)) };
      const refusal = await refusalOf(vmId, template, actor, ports);
      return refusal ? { ...item, ...refusedItem(refusal) } : item;
    }),
  );
  return { ...operation, items };
};
