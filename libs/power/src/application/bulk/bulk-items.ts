// How the items of a bulk are shown: what its stream says of those that have ended, and how the operations of the others
// stand. Never: a state that is stored twice; an item that has not ended is read where its own operation is.
import { isProblemCode, problemInside, problems, type Operation, type OperationState } from '@drover/contracts';
import { OperationId, type BulkId, type Rejection, type VmId } from '@drover/kernel';
import { ownedOperation, shownOperation, type OperationOwner, type OperationWork } from '@drover/operations';
import type { Commit } from '@drover/ports';
import { bulkOperation } from '../../domain/bulk.decider.js';
import type { BulkRequest, BulkFact, BulkItem } from '../../domain/bulk.events.js';
import { powerMapping } from '../power.published.js';

type OperationItem = NonNullable<Operation['items']>[number];

/** How an item stands that has not been settled. */
export type Underway =
  | { readonly state: 'queued'; readonly operation: null }
  | { readonly state: 'running'; readonly operation: OperationId };

/** What the view needs of elsewhere: names, and how unsettled items stand. */
export interface BulkSurroundings {
  readonly names: ReadonlyMap<VmId, string>;
  readonly underway: ReadonlyMap<VmId, Underway>;
}

const QUEUED: Underway = { state: 'queued', operation: null };

/** States by the code an item was settled with; any other code is a failure. */
const states: Readonly<Record<string, OperationState>> = {
  operation_timed_out: 'expired',
  outcome_unknown: 'unknown',
  cancelled: 'cancelled',
};

/** The code an ended operation settles its item with; null is success. */
export const codeOfEnd = ({ state, error }: Operation): string | null =>
  state === 'succeeded' ? null : state === 'cancelled' ? 'cancelled' : (error?.code ?? 'internal');

/** What is said of a machine that is named again. */
export const TWICE = 'This machine is listed twice; the action runs once.';

const sentence = (code: string, begun: boolean) => {
  if (code === 'invalid_request') return TWICE;
  if (begun) return 'See its operation.';
  return isProblemCode(code) ? `${problems[code][1]}. Nothing was sent.` : 'Nothing was sent.';
};

const settledItem = (target: OperationItem['target'], { operationId, code }: BulkItem): OperationItem => ({
  target,
  state: code === null ? 'succeeded' : (states[code] ?? 'failed'),
  operation: operationId,
  error: code === null || code === 'cancelled' ? null : problemInside(code, sentence(code, operationId !== null)),
});

/** How an item stands whose request is not granted. */
export const refusedItem = ({ rejected, because, asOf }: Rejection) =>
  ({
    state: 'failed',
    operation: null,
    error: { ...problemInside(rejected, because), ...(asOf && { asOf }) },
  }) as const;

/** The items in the order they were named. */
export const itemsOf = (
  request: BulkRequest,
  settled: ReadonlyMap<number, BulkItem>,
  { names, underway }: BulkSurroundings,
) =>
  request.targetIds.map((id, index): OperationItem => {
    const item = settled.get(index);
    // What is not there has no name, also where it is there for others.
    const name = item?.code === 'not_found' ? id : (names.get(id) ?? id);
    const target = { type: 'vm', id, name };
    if (item) return settledItem(target, item);
    const twice = request.targetIds.indexOf(id) !== index;
    const { state, operation } = (twice ? undefined : underway.get(id)) ?? QUEUED;
    return { target, state, operation, error: null };
  });

interface BulkWork extends OperationWork {
  readonly reason: string | null;
  readonly total: number;
  readonly settled: number;
}

/** What power adds to the record of a bulk: how many of its items have ended. */
const bulkOperations: OperationOwner<BulkFact, BulkWork> = {
  mapping: powerMapping,
  initial: {
    ...{ state: 'running', phase: null, steps: [], attempts: 1, cancellable: false, percent: 0, errorMore: '' },
    ...{ evidence: null, reason: null, total: 0, settled: 0 },
  },
  work: {
    BulkRequested: (work, { fact, reason }) => ({ ...work, reason, total: fact.targetIds.length }),
    BulkItemSettled: ({ settled: before, ...work }) => {
      const settled = before + 1;
      return { ...work, settled, percent: Math.floor((settled / work.total) * 100) };
    },
    BulkFinished: (work) => work,
  },
};

/** A bulk as its stream and its items tell it. */
export const bulkView = (
  id: BulkId,
  commits: readonly Commit<BulkFact>[],
  items: readonly OperationItem[],
): Operation | null => {
  const owned = ownedOperation(bulkOperation(id), commits, bulkOperations);
  if (!owned) return null;
  const { record, work } = owned;
  return shownOperation(record, { name: `${items.length} machines`, reason: work.reason, items }, work);
};
