import {
  isProblemCode,
  NO_PROGRESS,
  operationLinks,
  problemInside,
  problems,
  type Operation,
  type OperationState,
} from '@drover/contracts';
import { OperationId, type BulkId, type Rejection, type VmId } from '@drover/kernel';
import type { Commit } from '@drover/ports';
import { bulkOperation, type BulkRequest } from '../../domain/bulk.decider.js';
import type { BulkFact, BulkItem } from '../../domain/bulk.events.js';

type Item = NonNullable<Operation['items']>[number];

/** How an item stands that has not been settled. */
export type Underway = { readonly state: 'queued' | 'running'; readonly operation: OperationId | null };

/** What the view needs of elsewhere: names, and how unsettled items stand. */
export interface BulkSurroundings {
  readonly names: ReadonlyMap<VmId, string>;
  readonly underway: ReadonlyMap<VmId, Underway>;
}

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
export const TWICE = 'It is named twice in this request: what was asked is done once.';

const sentence = (code: string, begun: boolean) => {
  if (code === 'invalid_request') return TWICE;
  if (begun) return 'See its operation.';
  return isProblemCode(code) ? `${problems[code][1]}. Nothing was sent.` : 'Nothing was sent.';
};

const settledItem = (target: Item['target'], { operationId, code }: BulkItem): Item => ({
  target,
  state: code === null ? 'succeeded' : (states[code] ?? 'failed'),
  operation: operationId === null ? null : OperationId.parse(operationId),
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
  request.targetIds.map((id, index): Item => {
    const target = { type: 'vm', id, name: names.get(id) ?? id };
    const item = settled.get(index);
    if (item) return settledItem(target, item);
    const twice = request.targetIds.indexOf(id) !== index;
    const { state, operation } = (twice ? undefined : underway.get(id)) ?? { state: 'queued', operation: null };
    return { target, state, operation, error: null };
  });

/** A bulk as its stream and its items tell it. */
export const bulkView = (
  id: BulkId,
  commits: readonly Commit<BulkFact>[],
  items: readonly Item[],
): Operation | null => {
  const [first] = commits;
  const finished = commits.flatMap(({ facts, metadata }) =>
    facts.flatMap(({ fact }) => (fact.type === 'BulkFinished' ? [{ ...fact, at: metadata.at }] : [])),
  )[0];
  if (!first) return null;
  const { actor, at, reason } = first.metadata;
  const done = items.filter(({ state }) => state !== 'queued' && state !== 'running').length;
  const operationId = bulkOperation(id);
  return {
    id: operationId,
    kind: 'bulk.start',
    target: { type: 'bulk', id, name: `${items.length} machines` },
    parent: null,
    state: finished ? (finished.outcome === 'completed' ? 'succeeded' : 'failed') : 'running',
    phase: null,
    steps: [],
    condition: null,
    conditionSince: null,
    attempts: 1,
    deadline: null,
    progress: { ...NO_PROGRESS, percent: Math.floor((done / items.length) * 100) },
    reason: reason ?? null,
    requestedBy: actor,
    requestedAt: at,
    endedAt: finished?.at ?? null,
    items,
    evidence: null,
    result: finished ? { outcome: finished.outcome, succeeded: finished.succeeded, failed: finished.failed } : null,
    error: null,
    nextActions: finished && finished.outcome !== 'completed' ? ['run-again'] : [],
    links: operationLinks(operationId, '/api/v1/vms', false),
  };
};
