// An operation as clients see it: the record, with names joined, and what its owner alone knows laid over it. Pure. Never:
// let what an owner adds say otherwise than the record, or a list and its detail would disagree.
import {
  hasEnded,
  NO_PROGRESS,
  operationLinks,
  problemInside,
  type Evidence,
  type Operation,
  type OperationRecord,
} from '@drover/contracts';

const nextActions: Readonly<Record<OperationRecord['state'], Operation['nextActions']>> = {
  running: ['cancel'],
  succeeded: [],
  failed: ['run-again'],
  expired: ['run-again'],
  cancelled: ['run-again'],
  unknown: ['check', 'mark', 'run-again'],
};

const paths: Readonly<Record<string, string>> = { vm: '/api/v1/vms/', connection: '/api/v1/connections/' };
const pathOf = ({ type, id }: OperationRecord['target']) =>
  Object.hasOwn(paths, type) ? `${paths[type]}${id}` : '/api/v1/vms';

/** The evidence of an operation of which nothing was read yet. */
export const NO_EVIDENCE: Evidence = {
  ...{ method: null, previousState: 'unknown', newState: 'unknown', attempts: [], observations: [] },
  ...{ firstError: null, escalation: null, durationSeconds: null, verifiedAt: null },
};

/** What only the owner of an operation knows, from the facts that stay in its house. */
export interface OperationWork {
  /** Where it stands while it runs. */
  readonly state: 'queued' | 'running' | 'waiting';
  readonly phase: string | null;
  readonly steps: Operation['steps'];
  readonly attempts: number;
  /** Whether it can be cancelled at this moment; counts only while it runs. */
  readonly cancellable: boolean;
  readonly percent: number | null;
  readonly evidence: Evidence | null;
  /** What the owner adds to the sentence of an error. */
  readonly errorMore: string;
}

/** What a list knows of that. */
const UNHEARD: OperationWork = {
  ...{ state: 'running', phase: null, steps: [], attempts: 0, cancellable: true, percent: null },
  ...{ evidence: null, errorMore: '' },
};

/** What the record leaves to others: names, reasons and items. */
export interface Joined {
  readonly name: string;
  readonly reason?: string | null;
  readonly items?: Operation['items'];
}

/**
 * An operation as clients see it. What public events tell comes first: an owner adds to it and cannot say otherwise, so
 * lists and details agree. Without `work`: as a list shows it.
 */
export const shownOperation = (
  { target, targetCount: _, cancellable, percent, evidence, error, state, ...record }: OperationRecord,
  { name, reason = null, items = null }: Joined,
  work: OperationWork = UNHEARD,
): Operation => {
  const open = !hasEnded({ state });
  const mayCancel = open && cancellable && work.cancellable;
  const done = percent ?? work.percent;
  const told = evidence.verifiedAt === undefined && work === UNHEARD ? null : evidence;
  const owned = work === UNHEARD ? NO_EVIDENCE : work.evidence;
  return {
    ...record,
    ...{ target: { ...target, name }, reason, items, steps: work.steps, attempts: work.attempts },
    ...{ condition: null, conditionSince: null },
    state: open ? work.state : state,
    phase: open ? work.phase : null,
    progress: done === null ? NO_PROGRESS : { ...NO_PROGRESS, percent: done },
    evidence: told && owned && { ...owned, ...told },
    error: error && problemInside(error.code, `${error.detail}${work.errorMore}`),
    nextActions: open && !mayCancel ? [] : nextActions[state],
    links: operationLinks(record.id, pathOf(target), mayCancel),
  };
};
