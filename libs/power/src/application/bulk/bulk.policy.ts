// Works on an open bulk: requests each machine like anybody else, and settles its item when that operation has ended. What
// was begun is known again from the key of the item, so a bulk may be nudged and killed at any point. Never: a call to a
// provider, or a second operation for one item; a refusal of one stops no other.
import { hasEnded } from '@drover/contracts';
import { BulkId, CommandId, isRejection, OperationId, policyActor, type Policy, type VmId } from '@drover/kernel';
import { unfinishedIn, type OpenOperationRow } from '@drover/operations';
import { contextOf, type View } from '@drover/ports';
import { bulkOperation, bulkStream } from '../../domain/bulk.decider.js';
import type { BulkRequest, BulkItem } from '../../domain/bulk.events.js';
import { codeOfEnd } from './bulk-items.js';
import { requestPower } from '../requests/request-power.js';
import { readOperation } from '../operations/read-operation.js';
import type { RequestPorts } from '../requests/request-power.js';

/** What the policy may touch. */
export interface BulkPolicyPorts extends RequestPorts {
  readonly open: View<OpenOperationRow>;
}

const AT_ONCE = 100;

/** One machine of a bulk: what is requested of it, why, and at which index it was named. */
interface BulkTarget {
  readonly bulkId: BulkId;
  readonly request: BulkRequest;
  readonly reason: string | undefined;
  readonly index: number;
  readonly vmId: VmId;
}

/** The bulk policy. The key of an item's request is made from the bulk and its index, so a repeat meets its operation. */
export const bulkPolicy = (ports: BulkPolicyPorts): Policy => {
  const { bulks, powers, clock, open } = ports;
  // Which operation an item led to: known again from its key when this is lost.
  const begun = new Map<BulkId, Map<number, OperationId>>();

  const ask = async ({ bulkId, request, reason, index, vmId }: BulkTarget) => {
    const policy = { ...policyActor('bulk', bulkOperation(bulkId)), commandId: CommandId.ofItem(bulkId, index) };
    const actor = { ...policy, ...(reason !== undefined && { reason }) };
    const answer = await requestPower({ vmId, template: request, input: request, bulkId }, actor, ports);
    return isRejection(answer) ? answer : answer.operation;
  };

  const runs = async (operation: OperationId) => {
    const { state } = await powers.load(OperationId.stream(operation));
    return state.is === 'open' && state.op === OperationId.ordinal(operation);
  };

  /** How an item ended; null while its operation runs. */
  const ended = async (item: BulkTarget): Promise<BulkItem | null> => {
    const { bulkId, request, index, vmId } = item;
    if (request.targetIds.indexOf(vmId) !== index) return { index, operationId: null, code: 'invalid_request' };
    const known = begun.get(bulkId)?.get(index);
    if (known && (await runs(known))) return null; // one read, for the many that are not done yet
    const answer = known ? await readOperation(known, ports) : await ask(item);
    if (!answer) return null;
    if (isRejection(answer)) return { index, operationId: null, code: answer.rejected };
    begun.set(bulkId, (begun.get(bulkId) ?? new Map<number, OperationId>()).set(index, answer.id));
    return hasEnded(answer) ? { index, operationId: answer.id, code: codeOfEnd(answer) } : null;
  };

  return {
    name: 'bulk',
    unfinished: () => unfinishedIn('bulk', open),
    advance: async (key, signal) => {
      const bulkId = BulkId.parse(key);
      const { state: bulk } = await bulks.load(bulkStream(bulkId));
      if (bulk.is !== 'open') return void begun.delete(bulkId);
      const { request, settled } = bulk;
      const reason = (await bulks.commits(bulkStream(bulkId)))[0]?.metadata.reason;
      const rest = [...request.targetIds.entries()].filter(([index]) => !settled.has(index));
      for (let i = 0; i < rest.length && !signal.aborted; i += AT_ONCE) {
        const some = rest.slice(i, i + AT_ONCE).map(([index, vmId]) => ended({ bulkId, request, reason, index, vmId }));
        const items = (await Promise.all(some)).filter((each) => each !== null);
        const settle = { type: 'Settle', items } as const;
        const actor = policyActor('bulk', bulkOperation(bulkId));
        if (items.length === 0) continue;
        const outcome = await bulks.transact(bulkStream(bulkId), settle, contextOf(actor, settle, clock.now()));
        if (!isRejection(outcome) && outcome.after.state.is !== 'open') begun.delete(bulkId);
      }
    },
  };
};
