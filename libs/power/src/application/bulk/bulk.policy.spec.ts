import { expect, it } from '@jest/globals';
import { isRejection, VmId, type Actor, type OperationId } from '@drover/kernel';
import { ProviderFault, storedFacts } from '@drover/ports';
import { keyed, machineRoom, type Process } from '../../testing.js';

const soft = { mode: 'soft', timeoutSeconds: 300 } as const;
const start = async ({ power }: Process, targets: readonly VmId[], actor: Actor = keyed('b1')) => {
  const asked = await power.startBulk({ action: 'power-off', targets, ...soft }, actor);
  if (isRejection(asked)) throw new Error(asked.because);
  return asked;
};
const read = async ({ power }: Process, id: OperationId) => {
  const operation = await power.getOperation({ id }, keyed('r'));
  if (isRejection(operation)) throw new Error(operation.because);
  return operation;
};

it('T74: answers in input order, tells missing, conflict and twice apart; one failure stops nobody', async () => {
  const room = machineRoom();
  const [a, b, c] = [room.machine('a'), room.machine('b'), room.machine('c')];
  const missing = VmId.create();
  const process = await room.boot();
  room.room.behave = async (_, obey) => void room.clock.after(5_000, () => void obey());
  await process.power.powerOff({ vmId: b, ...soft }, keyed('k'));
  const { operation } = await start(process, [c, missing, b, a, c]);
  expect(operation).toMatchObject({ kind: 'bulk.start', state: 'running', requestedBy: 'ana', nextActions: [] });
  expect(operation.items?.map(({ target }) => target.name)).toEqual(['c', missing, 'b', 'a', 'c']);
  await room.clock.advance(1_000);
  const running = await read(process, operation.id);
  expect(running.items?.map(({ state, error }) => [state, error?.code])).toEqual([
    ...[
      ['running', undefined],
      ['failed', 'not_found'],
      ['failed', 'operation_in_progress'],
      ['running', undefined],
    ],
    ['failed', 'invalid_request'],
  ]);
  expect(running.progress.percent).toBe(60);
  await room.clock.advance(10_000);
  expect(await read(process, operation.id)).toMatchObject({
    ...{
      state: 'failed',
      result: { outcome: 'completed_with_errors', succeeded: 2, failed: 3 },
      progress: { percent: 100 },
    },
    items: [
      { target: { id: c }, state: 'succeeded', operation: `power.power-${c}.1`, error: null },
      { target: { id: missing }, state: 'failed', operation: null, error: { code: 'not_found', status: 404 } },
      { target: { id: b }, state: 'failed', operation: null, error: { code: 'operation_in_progress', status: 409 } },
      { target: { id: a }, state: 'succeeded', operation: `power.power-${a}.1` },
      {
        target: { id: c },
        state: 'failed',
        error: { code: 'invalid_request', detail: expect.stringContaining('listed twice') },
      },
    ],
  });
  const item = await read(process, `power.power-${a}.1` as OperationId);
  expect(item).toMatchObject({ parent: operation.id, requestedBy: 'policy:bulk' });
  expect(process.failures).toEqual([]);
});

it('T74: succeeds when all have, and says how many', async () => {
  const room = machineRoom();
  const targets = Array.from({ length: 40 }, (_, i) => room.machine(`m${i}`));
  const process = await room.boot();
  const { operation } = await start(process, targets);
  await room.clock.advance(5_000);
  expect(await read(process, operation.id)).toMatchObject({
    ...{ state: 'succeeded', result: { outcome: 'completed', succeeded: 40, failed: 0 }, error: null },
  });
  expect(room.made.map(({ vmId }) => vmId).sort()).toEqual([...targets].sort());
});

it('T75: a crash in the middle and a repeat act on nobody twice', async () => {
  const room = machineRoom();
  const targets = Array.from({ length: 120 }, (_, i) => room.machine(`m${i}`));
  room.room.behave = async (_, obey) => void room.clock.after(3_000, () => void obey());
  const first = await room.boot();
  const confirmed = { action: 'power-off', targets, confirm: 120, ...soft } as const;
  const asked = await first.power.startBulk(confirmed, keyed('b1'));
  if (isRejection(asked)) throw new Error(asked.because);
  await room.clock.advance(0);
  await first.kill();
  expect(room.made.length).toBeGreaterThan(0);

  const second = await room.boot();
  expect(await second.power.startBulk(confirmed, keyed('b1'))).toMatchObject({
    replayed: true,
    operation: { id: asked.operation.id },
  });
  await room.clock.advance(20_000);
  expect((await read(second, asked.operation.id)).result).toEqual({ outcome: 'completed', succeeded: 120, failed: 0 });
  expect(room.made).toHaveLength(120);
  expect(new Set(room.made.map(({ vmId }) => vmId)).size).toBe(120);
  const requests = (await room.eventStore.readAll(0, 99_999))
    .flatMap(({ facts }) => facts)
    .filter(({ fact }) => fact.type === 'PowerOffRequested');
  expect(requests).toHaveLength(120);
});

it('settles with what each operation ended with', async () => {
  const room = machineRoom();
  const [a, b] = [room.machine('a'), room.machine('b')];
  room.room.behave = async (_, obey, { vmId }) => {
    if (vmId === a) throw new ProviderFault('provider_error', 'no');
    return room.clock.after(1e9, () => void obey()) && undefined;
  };
  const process = await room.boot();
  const { operation } = await start(process, [a, b]);
  await room.clock.advance(301_000);
  expect(await read(process, operation.id)).toMatchObject({
    items: [
      { state: 'failed', error: { code: 'provider_error' }, operation: `power.power-${a}.1` },
      { state: 'expired', error: { code: 'operation_timed_out' } },
    ],
  });
});

it('tells the bulk to everyone without what stays in the house', async () => {
  const room = machineRoom();
  const process = await room.boot();
  await start(process, [room.machine('a')]);
  await room.clock.advance(1_000);
  const commits = (await room.eventStore.readAll(0, 99)).filter(({ stream }) => stream.startsWith('bulk-'));
  const said = commits.flatMap((commit) => storedFacts(commit)).map((each) => process.power.flow.publish(each));
  const names = said.map((each) => each?.type.replace('io.drover.power.', ''));
  expect(names).toEqual(['bulk-requested.v1', undefined, 'bulk-finished.v1']);
  expect(Object.keys(said[0]?.data ?? {})).toEqual(['op', 'action', 'mode', 'targetIds']);
});
