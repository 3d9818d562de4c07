import { BulkId, commandIdOfItem, isRejection, OperationId, policyActor, type Policy, type VmId } from '@drover/kernel';
import { wishOf, type JobQueue, type View } from '@drover/ports';
import { bulkOperation, bulkStream, type Bulk } from '../../domain/bulk.decider.js';
import type { BulkItem } from '../../domain/bulk.events.js';
import { wishOfItem } from '../../domain/wish.js';
import { askFor, type AskPorts } from '../commands/ask-power.command.js';
import { codeOfEnd } from '../projections/bulk.projection.js';
import { keysOf, unfinishedStreams, type OpenRow } from '../projections/open-operations.projection.js';
import { readOperation } from '../queries/get-operation.query.js';
import { hasEnded } from '../queries/wait-for-operation.query.js';

/** What the policy may touch. */
export interface BulkPolicyPorts extends AskPorts {
  readonly open: View<OpenRow>;
  readonly jobs: JobQueue;
}

const AT_ONCE = 100;
type Running = Extract<Bulk, { is: 'open' | 'finished' }>;

/**
 * Asks for each machine of a bulk and settles it when its operation has ended. An item's wish has a key made from the
 * bulk and its place, so asking again after a crash meets the operation that is there; one refusal stops nobody.
 */
export const bulkPolicy = (ports: BulkPolicyPorts): Policy => {
  const { bulks, powers, clock, open } = ports;
  // Which operation an item led to: known again from its key when this is lost.
  const begun = new Map<BulkId, Map<number, OperationId>>();

  const ask = async (id: BulkId, { wish }: Running, reason: string | undefined, index: number, vmId: VmId) => {
    const policy = { ...policyActor('bulk', bulkOperation(id)), commandId: commandIdOfItem(id, index) };
    const asking = { vmId, input: wish, timeoutSeconds: wish.timeoutSeconds, wish: wishOfItem(wish), bulkId: id };
    return askFor(asking, { ...policy, ...(reason !== undefined && { reason }) }, ports);
  };

  const runs = async (operation: OperationId) => {
    const { state } = await powers.load(OperationId.stream(operation));
    return state.is === 'open' && state.op === OperationId.ordinal(operation);
  };

  /** How an item ended; null while its operation runs. */
  const item = async (
    id: BulkId,
    bulk: Running,
    reason: string | undefined,
    index: number,
    vmId: VmId,
  ): Promise<BulkItem | null> => {
    if (bulk.wish.targetIds.indexOf(vmId) !== index) return { index, operationId: null, code: 'invalid_request' };
    const known = begun.get(id)?.get(index);
    if (known && (await runs(known))) return null; // one read, for the many that are not done yet
    const answer = known ? await readOperation(known, ports) : await ask(id, bulk, reason, index, vmId);
    if (answer && isRejection(answer)) return { index, operationId: null, code: answer.rejected };
    const operation = answer && 'operation' in answer ? answer.operation : answer;
    if (!operation) return null;
    begun.set(id, (begun.get(id) ?? new Map<number, OperationId>()).set(index, operation.id));
    return hasEnded(operation) ? { index, operationId: operation.id, code: codeOfEnd(operation) } : null;
  };

  return {
    name: 'bulk',
    unfinished: async () => keysOf('bulk', await unfinishedStreams(open)),
    advance: async (key, signal) => {
      const id = BulkId.parse(key);
      const { state: bulk } = await bulks.load(bulkStream(id));
      if (bulk.is !== 'open') return void begun.delete(id);
      const reason = (await bulks.commits(bulkStream(id)))[0]?.metadata.reason;
      const rest = [...bulk.wish.targetIds.entries()].filter(([index]) => !bulk.settled.has(index));
      for (let i = 0; i < rest.length && !signal.aborted; i += AT_ONCE) {
        const some = rest.slice(i, i + AT_ONCE).map(([index, vmId]) => item(id, bulk, reason, index, vmId));
        const items = (await Promise.all(some)).filter((each) => each !== null);
        const settle = { type: 'Settle', items } as const;
        const actor = policyActor('bulk', bulkOperation(id));
        if (items.length > 0) await bulks.transact(bulkStream(id), settle, wishOf(actor, settle, clock.now()));
      }
    },
  };
};
