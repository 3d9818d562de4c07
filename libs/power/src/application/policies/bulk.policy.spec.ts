import { expect, it } from '@jest/globals';
import { isRejection, VmId, type Actor, type OperationId } from '@drover/kernel';
import { ProviderFault, storedFacts } from '@drover/ports';
import { keyed, machineRoom, type MachineRoom } from '../../testing.js';

type Process = Awaited<ReturnType<MachineRoom['boot']>>;
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
  await process.power.powerOffVm({ vmId: b, ...soft }, keyed('k'));
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
        error: { code: 'invalid_request', detail: expect.stringContaining('named twice') },
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
  const wishes = (await room.eventStore.readAll(0, 99_999))
    .flatMap(({ facts }) => facts)
    .filter(({ fact }) => fact.type === 'PowerOffRequested');
  expect(wishes).toHaveLength(120);
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

it('asks for a count above fifty, refuses a wrong one, and pins nothing then', async () => {
  const room = machineRoom();
  const targets = Array.from({ length: 51 }, () => VmId.create());
  const { power } = await room.boot();
  const wish = { action: 'power-on', targets, waitForTools: false } as const;
  expect(await power.startBulk(wish, keyed('b'))).toMatchObject({
    rejected: 'confirmation_required',
    pointer: '/confirm',
  });
  expect(await power.startBulk({ ...wish, confirm: 50 }, keyed('b'))).toMatchObject({
    rejected: 'confirmation_required',
  });
  expect(await power.startBulk({ ...wish, confirm: 51 }, keyed('b'))).toMatchObject({ replayed: false });
});

it('answers a repeat with the same bulk, another wish under the key with a refusal, for ever', async () => {
  const room = machineRoom();
  const a = room.machine('a');
  const process = await room.boot();
  const { operation } = await start(process, [a]);
  await room.clock.advance(48 * 3_600_000);
  const again = await start(process, [a]);
  expect([again.replayed, again.operation.id, again.operation.state]).toEqual([true, operation.id, 'succeeded']);
  const other = { action: 'power-off', targets: [a], mode: 'hard', timeoutSeconds: 300 } as const;
  expect(await process.power.startBulk(other, keyed('b1'))).toMatchObject({ rejected: 'idempotency_key_reused' });
  expect(room.calls(a)).toEqual(['shutdown-guest']);
});

it('needs the right of what it does, and records a refusal', async () => {
  const room = machineRoom();
  const { power } = await room.boot();
  const hard = { action: 'restart', targets: [VmId.create()], mode: 'hard', timeoutSeconds: 300 } as const;
  expect(await power.startBulk(hard, keyed('b', 'eve', ['vm:operate']))).toMatchObject({ rejected: 'forbidden' });
  const [denial] = (await room.eventStore.readAll(0, 9)).flatMap(({ facts }) => facts);
  expect(denial?.fact).toEqual({
    ...{ type: 'AuditDenialRecorded', route: 'bulk.start', right: 'vm:force', target: null, code: 'forbidden' },
  });
});

it('a dry run shows what stands against each machine, and does nothing', async () => {
  const room = machineRoom();
  const [a, b] = [room.machine('a'), room.machine('b', VmId.create(), false)];
  room.memory.machine(b).tools = 'toolsNotInstalled';
  room.observed(b);
  const process = await room.boot();
  const { operation } = await start(process, [a, b, a], { ...keyed('b1'), dryRun: true });
  expect(operation.items?.map(({ state, error }) => [state, error?.code])).toEqual([
    ...[
      ['queued', undefined],
      ['failed', 'graceful_shutdown_not_possible'],
      ['failed', 'invalid_request'],
    ],
  ]);
  await room.clock.advance(1_000);
  expect([room.made, await room.eventStore.readAll(0, 9)]).toEqual([[], []]);
});

it('run again asks for those that failed', async () => {
  const room = machineRoom();
  const [a, b] = [room.machine('a'), room.machine('b')];
  let broken = true;
  room.room.behave = async (_, obey, { vmId }) => {
    if (vmId === b && broken) throw new ProviderFault('provider_error', 'no');
    return obey();
  };
  const process = await room.boot();
  const { operation } = await start(process, [a, b]);
  await room.clock.advance(1_000);
  broken = false;
  const again = await process.power.runOperationAgain({ id: operation.id }, keyed('again'));
  expect(again).toMatchObject({ operation: { items: [{ target: { id: b } }] } });
  await room.clock.advance(1_000);
  expect([room.calls(a), room.calls(b)]).toEqual([['shutdown-guest'], ['shutdown-guest', 'shutdown-guest']]);
});

it('cannot be cancelled as a whole, marked or checked: its items can', async () => {
  const room = machineRoom();
  const process = await room.boot();
  const { operation } = await start(process, [room.machine('a')]);
  const { id } = operation;
  expect(await process.power.cancelOperation({ id }, keyed('c'))).toMatchObject({ rejected: 'not_cancellable' });
  expect(await process.power.markOperation({ id, outcome: 'failed', reason: 'x' }, keyed('c'))).toMatchObject({
    rejected: 'wrong_state',
  });
  expect(await process.power.checkOperation({ id }, keyed('c'))).toMatchObject({ rejected: 'wrong_state' });
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
