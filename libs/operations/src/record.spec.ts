import { expect, it } from '@jest/globals';
import { toCloudEvent, type CloudEvent, type PublicEvent } from '@drover/contracts';
import { FactId, Instant, OperationId, StreamId, VmId } from '@drover/kernel';
import { evolveRecord, foldRecord } from './record.js';
import { shownOperation } from './shown.js';

const noon = Instant.parse('2026-11-20T12:00:00.000Z');
const vmId = VmId.parse('420570c7-f61f-a930-77c5-1e876786cb3c');
const stream = StreamId.of('power', vmId);
const id = OperationId.of('power', stream, 1);
const event = (seconds: number, name: string, data: object, operationid: OperationId = id): CloudEvent =>
  toCloudEvent(
    {
      ...{ type: `io.drover.power.${name}.v1`, subject: `vm/${vmId}`, partitionkey: vmId, operationid },
      data: { op: 1, ...data },
    } as object as PublicEvent,
    {
      ...{ service: 'power', stream, id: FactId.create(), sequence: 1 + seconds },
      ...{ at: Instant.plusSeconds(noon, seconds), actor: 'ana' },
    },
  );
const asked = event(0, 'power-on-requested', {
  ...{ waitForTools: false, deadline: Instant.plusSeconds(noon, 60), runId: null, scheduleId: null, bulkId: null },
});
const unknown = event(30, 'power-operation-unknown', { lastObserved: 'poweredOff', durationSeconds: 30 });
const on = event(90, 'vm-powered-on', {
  ...{ previousState: 'poweredOff', tools: 'toolsOk', durationSeconds: 88, observedAt: noon },
});

it('is nothing before its request, and of no other operation', () => {
  expect(foldRecord(id, [unknown, on])).toBeNull();
  expect(foldRecord(id, [asked, event(1, 'vm-powered-on', on.data, OperationId.of('power', stream, 2))])).toMatchObject(
    {
      ...{
        state: 'running',
        endedAt: null,
        requestedBy: 'ana',
        requestedAt: asked.time,
        target: { type: 'vm', id: vmId },
      },
    },
  );
});

it('stays what it is when an event comes twice', () => {
  const once = foldRecord(id, [asked, unknown]);
  expect(foldRecord(id, [asked, asked, unknown, unknown])).toEqual(once);
  expect(evolveRecord(once, id, asked)).toEqual(once);
});

it('ended when it ended first; what was found out later takes the place of what nobody knew', () => {
  expect(foldRecord(id, [asked, unknown, on])).toMatchObject({
    ...{ state: 'succeeded', endedAt: unknown.time, error: null, result: { outcome: 'completed' } },
    evidence: { durationSeconds: 88, verifiedAt: noon, newState: 'poweredOn' },
  });
});

it('keeps how long it took when a person says much later what came of it; without it the times of day say so', () => {
  const marked = event(9_000, 'power-operation-marked', { outcome: 'succeeded' });
  expect(foldRecord(id, [asked, unknown, marked])).toMatchObject({
    ...{ state: 'succeeded', endedAt: unknown.time, result: { outcome: 'completed', markedBy: 'ana' } },
    evidence: { durationSeconds: 30 },
  });
  const expired = event(61, 'power-operation-expired', { lastObserved: 'poweredOff' });
  expect(foldRecord(id, [asked, expired])?.evidence.durationSeconds).toBe(61);
});

it('is shown as running with nothing of what only its owner knows, and with evidence once its end was verified', () => {
  const shown = (...events: CloudEvent[]) => {
    const record = foldRecord(id, events);
    return record && shownOperation(record, { name: 'web-01' });
  };
  expect(shown(asked)).toMatchObject({
    ...{ state: 'running', phase: null, steps: [], attempts: 0, evidence: null, nextActions: ['cancel'] },
    links: { cancel: `/api/v1/operations/${id}/cancel`, target: `/api/v1/vms/${vmId}` },
  });
  expect(shown(asked, unknown)).toMatchObject({ evidence: null, nextActions: ['check', 'mark', 'run-again'] });
  expect(shown(asked, on)).toMatchObject({
    ...{ nextActions: [], links: { cancel: null } },
    evidence: { method: null, previousState: 'poweredOff', newState: 'poweredOn', attempts: [] },
  });
});
