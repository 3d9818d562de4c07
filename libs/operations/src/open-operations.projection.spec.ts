import { expect, it } from '@jest/globals';
import { FactId, Instant, StreamId, VmId } from '@drover/kernel';
import { memoryViewStore, virtualClock, type StoredFact } from '@drover/ports';
import { factRole, openOperationsOf, unfinishedIn, type OpenOperationRow } from './open-operations.projection.js';

const names = { PowerOffRequested: 'power-off-requested', VmPoweredOff: 'vm-powered-off', StepStarted: null } as const;
const marks = { PowerOperationMarked: 'power-operation-marked', Forgotten: 'never-told' } as const;
const view = openOperationsOf('power', { ...names, ...marks });
const at = Instant.parse('2026-11-20T10:00:00Z');
const stored = (type: string, op: number): StoredFact<{ readonly type: string; readonly op: number }> => ({
  ...{ type, stream: StreamId.of('power', 'a'), id: FactId.createAt(at), sequence: 1, at, actor: 'ana', reason: null },
  fact: { type, op },
});

it('listens to what begins and ends an operation, as the table of roles says', () => {
  expect(view.listensTo).toEqual(['PowerOffRequested', 'VmPoweredOff']);
  const role = factRole('power', { ...names, ...marks });
  expect(
    ['PowerOffRequested', 'StepStarted', 'PowerOperationMarked', 'Forgotten', 'toString'].map((type) => role({ type })),
  ).toEqual(['begins', 'none', 'revises', 'none', 'none']);
});

it('has the last operation of a stream until it ends; an older one that is settled late changes nothing', () => {
  const row = view.evolve(null, stored('PowerOffRequested', 2));
  expect(row).toEqual({ op: 2 });
  expect(view.evolve(row, stored('VmPoweredOff', 1))).toEqual({ op: 2 });
  expect(view.evolve(row, stored('VmPoweredOff', 2))).toBeNull();
});

it('tells a reconciler the keys of one category, however many there are', async () => {
  const group = await memoryViewStore(virtualClock(at)).open('power.own', [view]);
  const machines = Array.from({ length: 2_001 }, () => VmId.create());
  const keys = [...machines.map((key) => StreamId.of('power', key)), StreamId.of('bulk', 'b1')];
  await group.commit({
    ...{ source: 'power', from: 0, upTo: 1, revision: await group.revision() },
    writes: keys.map((key) => ({ view: view.view, key, row: { op: 1 } })),
  });
  const open = group.view<OpenOperationRow>(view.view);
  expect([...(await unfinishedIn('power', open))].sort()).toEqual([...machines].sort());
  expect(await unfinishedIn('bulk', open)).toEqual(['b1']);
});
