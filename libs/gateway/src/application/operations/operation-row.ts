import { NO_PROGRESS, operationLinks, type CloudEvent, type Operation } from '@drover/contracts';
import type { OperationId } from '@drover/kernel';

/** An operation as the list keeps it; of a bulk, how many were meant. Names are joined when the list is read. */
export type OperationRow = Omit<Operation, 'target' | 'items' | 'error' | 'result' | 'position'> & {
  readonly target: { readonly type: string; readonly id: string };
  readonly targetCount: number | null;
  /** In the journal, of the event that ended it; null before that. */
  readonly endedBy: number | null;
  readonly error: { readonly code: string; readonly detail: string } | null;
  readonly result: { readonly outcome: string; readonly [found: string]: string | number | boolean } | null;
};

/** What an operation is when it begins. */
export interface Beginning {
  readonly id: OperationId;
  readonly kind: Operation['kind'];
  readonly target: OperationRow['target'];
  readonly parent?: OperationId | null;
  readonly deadline?: Operation['deadline'];
  readonly targetCount?: OperationRow['targetCount'];
}

const pathOf = ({ type, id }: OperationRow['target']) =>
  type === 'bulk' ? '/api/v1/vms' : `/api/v1/${type === 'vm' ? 'vms' : 'connections'}/${id}`;

/** An operation that has just begun. */
export const begun = (event: CloudEvent, beginning: Beginning): OperationRow => {
  const { id, kind, target, parent = null, deadline = null, targetCount = null } = beginning;
  // A bulk is called off by its items; a listing is not called off at all.
  const cancellable = target.type === 'vm';
  return {
    id,
    kind,
    target,
    targetCount,
    endedBy: null,
    parent,
    deadline,
    state: 'running',
    phase: null,
    steps: [],
    progress: NO_PROGRESS,
    condition: null,
    conditionSince: null,
    attempts: 0,
    reason: null,
    requestedBy: event.actor,
    requestedAt: event.time,
    endedAt: null,
    evidence: null,
    result: null,
    error: null,
    nextActions: cancellable ? ['cancel'] : [],
    links: operationLinks(id, pathOf(target), cancellable),
  };
};

const next: Readonly<Record<string, OperationRow['nextActions']>> = {
  unknown: ['check', 'mark', 'run-again'],
  failed: ['run-again'],
  expired: ['run-again'],
  cancelled: ['run-again'],
};

/**
 * An operation that ended, with what was told of its end and nothing of an earlier one: what was unknown may be found or
 * marked later. It ended when it ended first.
 */
export const closed = (
  row: OperationRow,
  event: CloudEvent,
  state: Operation['state'],
  told: Partial<Pick<OperationRow, 'error' | 'result' | 'evidence'>> = {},
): OperationRow => ({
  ...row,
  error: null,
  result: state === 'succeeded' ? { outcome: 'completed' } : null,
  ...told,
  state,
  phase: null,
  endedAt: row.endedAt ?? event.time,
  nextActions: next[state] ?? [],
  links: { ...row.links, cancel: null },
});
