import { eventType, eventTypes, hasEnded, NO_PROGRESS, type CloudEvent, type Operation } from '@drover/contracts';
import { OperationId, StreamId, type Instant, type PowerState, type Projection } from '@drover/kernel';
import { connectionIn, vmOf, type Journalled } from '../journal/journalled.js';
import { begun, closed, type OperationRow } from './operation-row.js';

/** An hour, as text: what failures are counted by. */
export const hourOf = (at: Instant) => at.slice(0, 13);

const parentOf = (bulkId: string | null) => (bulkId ? OperationId.of('power', StreamId.of('bulk', bulkId), 1) : null);

type Done = { readonly durationSeconds: number; readonly observedAt: Instant };
type Method = NonNullable<Operation['evidence']>['method'];
const proof = (method: Method, previousState: PowerState, newState: PowerState, done: Done): Operation['evidence'] => ({
  method,
  previousState,
  newState,
  attempts: [],
  observations: [],
  firstError: null,
  escalation: null,
  durationSeconds: done.durationSeconds,
  verifiedAt: done.observedAt,
});

/** A listing that could not be believed did not do what was asked: as its owner shows it. */
const refreshed = (row: OperationRow, event: CloudEvent<'io.drover.inventory.connection-refreshed.v1'>) => {
  const { seen, added, changed, missing, complete, skippedCount = 0 } = event.data;
  const found = { seen, added, changed, missing, complete, ...(skippedCount > 0 && { skippedCount }) };
  if (found.complete) return closed(row, event, 'succeeded', { result: { outcome: 'completed', ...found } });
  const error = { code: 'nothing_found', detail: 'The provider shows no machine where machines were known.' };
  return closed(row, event, 'failed', { result: { outcome: 'completed_with_errors', ...found }, error });
};

/** What a person saw is taken for it, and it says that it was a person. */
const marked = (row: OperationRow, event: CloudEvent<'io.drover.power.power-operation-marked.v1'>) => {
  const { outcome } = event.data;
  if (outcome === 'succeeded')
    return closed(row, event, outcome, { result: { outcome: 'completed', markedBy: event.actor } });
  const error = { code: 'outcome_unknown', detail: 'A person looked and says that it failed.' };
  return closed(row, event, outcome, { error });
};

const kinds = {
  'io.drover.power.power-off-requested.v1': 'vm.power-off',
  'io.drover.power.power-on-requested.v1': 'vm.power-on',
  'io.drover.power.restart-requested.v1': 'vm.restart',
} as const;

const beginningOf = (id: OperationId, event: CloudEvent): OperationRow | null => {
  const vm = { type: 'vm', id: vmOf(event) ?? '' };
  switch (event.type) {
    case 'io.drover.power.power-off-requested.v1':
    case 'io.drover.power.power-on-requested.v1':
    case 'io.drover.power.restart-requested.v1': {
      const { deadline, bulkId } = event.data;
      return begun(event, { id, kind: kinds[event.type], target: vm, parent: parentOf(bulkId), deadline });
    }
    case 'io.drover.power.bulk-requested.v1': {
      const target = { type: 'bulk', id: event.subject.slice('bulk/'.length) };
      return begun(event, { id, kind: 'bulk.start', target, targetCount: event.data.targetIds.length });
    }
    case 'io.drover.inventory.connection-refresh-requested.v1': {
      const target = { type: 'connection', id: connectionIn(event) ?? '' };
      return begun(event, { id, kind: 'connection.refresh', target, deadline: event.data.deadline });
    }
    default:
      return null;
  }
};

const after = (row: OperationRow, event: CloudEvent): OperationRow => {
  switch (event.type) {
    case 'io.drover.power.power-off-escalated.v1':
      return { ...row, phase: 'forced' };
    case 'io.drover.power.vm-powered-off.v1': {
      const { method, previousState } = event.data;
      return closed(row, event, 'succeeded', { evidence: proof(method, previousState, 'poweredOff', event.data) });
    }
    case 'io.drover.power.vm-powered-on.v1': {
      const { previousState } = event.data;
      const method = previousState === 'poweredOn' ? 'already-on' : null;
      return closed(row, event, 'succeeded', { evidence: proof(method, previousState, 'poweredOn', event.data) });
    }
    case 'io.drover.power.vm-restarted.v1':
      return closed(row, event, 'succeeded', {
        evidence: proof(event.data.method, 'poweredOn', 'poweredOn', event.data),
      });
    case 'io.drover.power.power-operation-refused.v1':
    case 'io.drover.power.power-operation-failed.v1':
      return closed(row, event, 'failed', { error: { code: event.data.code, detail: event.data.detail } });
    case 'io.drover.inventory.connection-refresh-failed.v1': {
      const { code, detail } = event.data;
      return closed(row, event, code === 'operation_timed_out' ? 'expired' : 'failed', { error: { code, detail } });
    }
    case 'io.drover.power.power-operation-expired.v1': {
      const detail = `The time-out ended. It was last read as ${event.data.lastObserved}.`;
      return closed(row, event, 'expired', { error: { code: 'operation_timed_out', detail } });
    }
    case 'io.drover.power.power-operation-unknown.v1': {
      const detail = `What came of it could not be read. It was last read as ${event.data.lastObserved}.`;
      return closed(row, event, 'unknown', { error: { code: 'outcome_unknown', detail } });
    }
    case 'io.drover.power.power-operation-cancelled.v1':
      return closed(row, event, 'cancelled');
    case 'io.drover.power.power-operation-marked.v1':
      return marked(row, event);
    case 'io.drover.power.bulk-finished.v1': {
      const { outcome, succeeded, failed } = event.data;
      const state = outcome === 'completed' ? 'succeeded' : 'failed';
      const progress = { ...NO_PROGRESS, percent: 100 };
      return { ...closed(row, event, state, { result: { outcome, succeeded, failed } }), progress };
    }
    case 'io.drover.inventory.connection-refreshed.v1':
      return refreshed(row, event);
    default:
      return row;
  }
};

/** The operations, as far as public events tell: what the list shows. Each owner answers for one of its own. */
export const operationsProjection: Projection<Journalled, OperationRow> = {
  view: 'operations',
  revision: 6,
  listensTo: [
    ...eventTypes.filter((type) => type.startsWith('io.drover.power.')),
    eventType('inventory', 'connection-refresh-requested'),
    eventType('inventory', 'connection-refreshed'),
    eventType('inventory', 'connection-refresh-failed'),
  ],
  key: ({ event }) => event.operationid ?? null,
  evolve: (row, { event, position }) => {
    const id = event.operationid;
    if (!id) return row;
    const present = row ?? beginningOf(id, event);
    const next = present && after(present, event);
    return next && next !== present && hasEnded(next) ? { ...next, endedBy: position } : next;
  },
  index: {
    vm: ({ target }) => (target.type === 'vm' ? target.id : null),
    state: ({ state }) => state,
    kind: ({ kind }) => kind,
    requestedAt: ({ requestedAt }) => requestedAt,
    failedHour: ({ state, endedAt }) =>
      endedAt && (state === 'failed' || state === 'expired') ? hourOf(endedAt) : null,
  },
};
