import { expect, it } from '@jest/globals';
import { toCloudEvent, type CloudEvent, type PublicEvent, type Service } from '@drover/contracts';
import { shownOperation } from '@drover/operations';
import { FactId, Instant, OperationId, StreamId } from '@drover/kernel';
import { NOON, vmId } from '../../testing.js';
import type { OperationRow } from './operation-row.js';
import { operationsProjection } from './operations.projection.js';

const vm = vmId(1);
const stream = StreamId.of('power', vm);
const id = OperationId.of('power', stream, 1);
let sequence = 0;
const event = (
  name: string,
  data: object,
  about: { service?: Service; subject?: string; operationid?: OperationId | null } = {},
) => {
  const { service = 'power', subject = `vm/${vm}`, operationid = id } = about;
  const said = {
    type: `io.drover.${service}.${name}.v1`,
    subject,
    partitionkey: vm,
    ...(operationid && { operationid }),
    data,
  } as object as PublicEvent;
  return toCloudEvent(said, {
    service,
    stream,
    id: FactId.create(),
    sequence: ++sequence,
    at: Instant.plusSeconds(NOON, sequence),
    actor: 'ana',
  });
};
const rowOf = (...events: CloudEvent[]) =>
  events.reduce<OperationRow | null>(
    (row, each) => operationsProjection.evolve(row, { type: each.type, position: 1, event: each, simulated: false }),
    null,
  );
/** As a list shows it. */
const fold = (...events: CloudEvent[]) => {
  const row = rowOf(...events);
  return row && shownOperation(row, { name: 'web-01' });
};
const from = { scheduleId: null, bulkId: null };
const off = () =>
  event('power-off-requested', { op: 1, mode: 'soft', deadline: NOON, gracefulUntil: null, runId: null, ...from });
const lastObserved = 'poweredOn';

it('begins with the request, as its kind, for whoever asked', () => {
  expect(fold(off())).toMatchObject({
    id,
    kind: 'vm.power-off',
    state: 'running',
    requestedBy: 'ana',
    nextActions: ['cancel'],
    deadline: NOON,
  });
  expect(
    fold(event('power-on-requested', { op: 1, waitForTools: false, deadline: NOON, runId: null, ...from }))?.kind,
  ).toBe('vm.power-on');
  const restart = fold(
    event('restart-requested', {
      op: 1,
      mode: 'soft',
      deadline: NOON,
      alarmId: null,
      scheduleId: null,
      bulkId: vmId(9),
    }),
  );
  expect(restart).toMatchObject({ kind: 'vm.restart', parent: `power.bulk-${vmId(9)}.1` });
});

it.each([
  [
    'vm-powered-off',
    { op: 1, method: 'forced', previousState: 'poweredOn', durationSeconds: 9, observedAt: NOON },
    'succeeded',
    null,
    [],
  ],
  [
    'vm-powered-on',
    { op: 1, previousState: 'poweredOff', tools: 'toolsOk', durationSeconds: 9, observedAt: NOON },
    'succeeded',
    null,
    [],
  ],
  ['vm-restarted', { op: 1, method: 'graceful', durationSeconds: 9, observedAt: NOON }, 'succeeded', null, []],
  ['power-operation-refused', { op: 1, code: 'vm_suspended', detail: 'x' }, 'failed', 'vm_suspended', ['run-again']],
  [
    'power-operation-failed',
    { op: 1, code: 'provider_error', detail: 'x', lastObserved },
    'failed',
    'provider_error',
    ['run-again'],
  ],
  ['power-operation-expired', { op: 1, lastObserved }, 'expired', 'operation_timed_out', ['run-again']],
  ['power-operation-unknown', { op: 1, lastObserved }, 'unknown', 'outcome_unknown', ['check', 'mark', 'run-again']],
  ['power-operation-cancelled', { op: 1, step: 'graceful' }, 'cancelled', null, ['run-again']],
])('ends with %s', (name, data, state, code, nextActions) => {
  const end = event(name, data);
  const row = fold(off(), end);
  expect(row).toMatchObject({ state, endedAt: end.time, nextActions, links: { cancel: null } });
  expect(row?.error?.code ?? null).toBe(code);
  expect(row?.evidence?.verifiedAt ?? null).toBe(state === 'succeeded' ? NOON : null);
});

it('says why the guest was not asked once the end is verified, and lets a person say what came of it', () => {
  const escalated = event('power-off-escalated', { op: 1, cause: 'tools_absent', code: null });
  expect(fold(off(), escalated)).toMatchObject({ phase: null, evidence: null });
  const done = { op: 1, method: 'forced', previousState: 'poweredOn', durationSeconds: 9, observedAt: NOON };
  expect(fold(off(), escalated, event('vm-powered-off', done))?.evidence?.escalation).toBe('tools_absent');
  const marked = fold(
    off(),
    event('power-operation-unknown', { op: 1, lastObserved }),
    event('power-operation-marked', { op: 1, outcome: 'failed' }),
  );
  expect(marked).toMatchObject({ state: 'failed' });
});

const unknown = () => event('power-operation-unknown', { op: 1, lastObserved });
const marked = (outcome: string) => event('power-operation-marked', { op: 1, outcome });

it('tells no error of an operation whose outcome was unknown and then found to be well, and keeps its first end', () => {
  const lost = unknown();
  const done = { op: 1, method: 'forced', previousState: 'poweredOn', durationSeconds: 9, observedAt: NOON };
  const found = fold(off(), lost, event('vm-powered-off', done));
  expect(found).toMatchObject({ state: 'succeeded', endedAt: lost.time, error: null, nextActions: [] });
  expect(found).toMatchObject({ result: { outcome: 'completed' }, evidence: { verifiedAt: NOON } });
});

it('shows what a person marked as its owner shows it', () => {
  const lost = unknown();
  const well = fold(off(), lost, marked('succeeded'));
  expect(well).toMatchObject({ state: 'succeeded', endedAt: lost.time, error: null, nextActions: [] });
  expect(well?.result).toEqual({ outcome: 'completed', markedBy: 'ana' });
  const bad = fold(off(), lost, marked('failed'));
  expect(bad).toMatchObject({ state: 'failed', endedAt: lost.time, result: null, nextActions: ['run-again'] });
  expect(bad?.error).toMatchObject({ code: 'outcome_unknown', detail: 'A person looked and says that it failed.' });
});

it('is failed as a bulk when some of it failed', () => {
  const about = { subject: `bulk/${vmId(9)}`, operationid: OperationId.of('power', StreamId.of('bulk', vmId(9)), 1) };
  const begun = event('bulk-requested', { op: 1, action: 'power-off', mode: 'soft', targetIds: [vm] }, about);
  expect(fold(begun)).toMatchObject({ kind: 'bulk.start', target: { type: 'bulk', id: vmId(9) } });
  expect(rowOf(begun)?.targetCount).toBe(1);
  const end = (outcome: string) => event('bulk-finished', { op: 1, outcome, succeeded: 1, failed: 1 }, about);
  expect(fold(begun, end('completed_with_errors'))).toMatchObject({
    state: 'failed',
    result: { outcome: 'completed_with_errors' },
  });
  expect(fold(begun, end('completed'))).toMatchObject({ state: 'succeeded' });
});

it('shows a refresh from its request on, for whoever asked', () => {
  const about = {
    service: 'inventory',
    subject: 'connection/site-a',
    operationid: OperationId.parse('inventory.connection-site-a.1'),
  } as const;
  const refreshed = event(
    'connection-refreshed',
    { op: 1, seen: 1, added: 0, changed: 0, missing: 0, complete: true },
    about,
  );
  const request = { op: 1, importIds: null, importAll: true, deadline: NOON };
  const asked = { ...event('connection-refresh-requested', request, about), actor: 'ana' };
  expect(fold(asked)).toMatchObject({ kind: 'connection.refresh', state: 'running', nextActions: [], endedAt: null });
  expect(fold(asked, refreshed)).toMatchObject({
    kind: 'connection.refresh',
    state: 'succeeded',
    requestedBy: 'ana',
    target: { type: 'connection', id: 'site-a' },
  });
  expect(fold(refreshed)).toBeNull(); // nobody asked for it under this name
  const doubtful = { op: 1, seen: 0, added: 0, changed: 0, missing: 0, complete: false };
  expect(fold(asked, event('connection-refreshed', doubtful, about))).toMatchObject({
    state: 'failed',
    error: { code: 'nothing_found' },
    result: { outcome: 'completed_with_errors', seen: 0, complete: false },
  });
  const failed = (code: string) => fold(asked, event('connection-refresh-failed', { op: 1, code, detail: 'x' }, about));
  expect([failed('provider_unreachable')?.state, failed('operation_timed_out')?.state]).toEqual(['failed', 'expired']);
  expect(
    operationsProjection.key({
      type: refreshed.type,
      position: 1,
      simulated: false,
      event: event('connection-refreshed', {}, { ...about, operationid: null }),
    }),
  ).toBeNull();
});

it('is counted as failed by the hour in which it ended', () => {
  const hour = (row: OperationRow | null) => row && operationsProjection.index['failedHour']?.(row);
  expect(hour(rowOf(off(), event('power-operation-expired', { op: 1, lastObserved })))).toBe('2026-11-20T12');
  expect([hour(rowOf(off())), hour(rowOf(off(), event('power-operation-cancelled', { op: 1, step: 'x' })))]).toEqual([
    null,
    null,
  ]);
});
