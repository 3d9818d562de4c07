import { expect, it } from '@jest/globals';
import { isRejection, OperationId, StreamId, VmId, type Actor } from '@drover/kernel';
import { ProviderFault } from '@drover/ports';
import { ana, keyed, machineRoom, type MachineRoom } from '../../testing.js';

type Process = Awaited<ReturnType<MachineRoom['boot']>>;
type Mode = 'soft' | 'trySoft' | 'hard';
const off = async ({ power }: Process, vmId: VmId, mode: Mode = 'soft', timeoutSeconds = 60) => {
  const asked = await power.powerOffVm({ vmId, mode, timeoutSeconds }, keyed(`${mode} ${timeoutSeconds}`));
  if (isRejection(asked)) throw new Error(asked.because);
  return asked.operation.id;
};
const open = async () => {
  const room = machineRoom();
  const vmId = room.machine();
  return { room, vmId, process: await room.boot() };
};
/** An operation that nobody could read the end of. */
const unread = async (mode: Mode = 'hard') => {
  const world = await open();
  const { room, process, vmId } = world;
  room.room.behave = async () => void (room.room.fault = () => new ProviderFault('provider_unreachable', 'down'));
  const id = await off(process, vmId, mode, 10);
  await room.clock.advance(10_000);
  return { ...world, id };
};
const commits = ({ room }: { room: MachineRoom }) => room.eventStore.readAll(0, 999);
const weak: Actor = { ...ana, sub: 'eve', rights: ['vm:read', 'vm:operate'] };

it('cancels what was not sent, at once and twice', async () => {
  const { room, vmId, process } = await open();
  room.room.fault = () => new ProviderFault('provider_unreachable', 'down');
  const id = await off(process, vmId);
  await room.clock.advance(1_000);
  expect(await process.power.cancelOperation({ id }, { ...ana, dryRun: true })).toMatchObject({
    operation: { state: 'cancelled' },
  });
  expect(await process.power.getOperation({ id }, ana)).toMatchObject({ state: 'running', nextActions: ['cancel'] });
  const cancelled = { operation: { id, state: 'cancelled', nextActions: ['run-again'], links: { cancel: null } } };
  expect(await process.power.cancelOperation({ id }, ana)).toMatchObject(cancelled);
  const before = (await commits({ room })).length;
  expect(await process.power.cancelOperation({ id }, ana)).toMatchObject(cancelled);
  expect((await commits({ room })).length).toBe(before);
  room.room.fault = null;
  await room.clock.advance(90_000);
  expect(room.calls()).toEqual([]);
});

it('says of a call that is with the provider that it cannot be taken back', async () => {
  const { room, vmId, process } = await open();
  room.room.behave = async () => {};
  const id = await off(process, vmId);
  await room.clock.advance(1_000);
  expect(await process.power.cancelOperation({ id }, ana)).toMatchObject({
    ...{ rejected: 'not_cancellable', because: expect.stringContaining('graceful is with the provider') },
  });
  await room.clock.advance(60_000);
  expect(await process.power.cancelOperation({ id }, ana)).toMatchObject({ rejected: 'not_cancellable' }); // ended
});

it('cancels the wait for tools, and leaves the machine on', async () => {
  const { room, vmId, process } = await open();
  Object.assign(room.memory.machine(vmId), { power: 'poweredOff', tools: 'toolsNotRunning' });
  const asked = await process.power.powerOnVm({ vmId, waitForTools: true }, ana);
  const id = isRejection(asked) ? ('' as OperationId) : asked.operation.id;
  await room.clock.advance(5_000);
  await process.power.cancelOperation({ id }, ana);
  await room.clock.advance(1_000);
  expect(await process.power.getOperation({ id }, ana)).toMatchObject({
    state: 'cancelled',
    evidence: { newState: 'poweredOn' },
  });
});

it('marks an unknown outcome, and once', async () => {
  const { room, process, id } = await unread();
  const mark = { id, outcome: 'succeeded', reason: 'I looked' } as const;
  const { power } = process;
  expect(await power.markOperation({ ...mark, confirmName: 'web-02' }, ana)).toMatchObject({
    rejected: 'confirmation_required',
  });
  expect(await power.markOperation(mark, { ...ana, dryRun: true })).toMatchObject({
    operation: { state: 'succeeded' },
  });
  expect(await power.getOperation({ id }, ana)).toMatchObject({ state: 'unknown' });
  const marked = { operation: { state: 'succeeded', evidence: { verifiedAt: null }, result: { markedBy: 'ana' } } };
  expect(await power.markOperation({ ...mark, confirmName: 'web-01' }, ana)).toMatchObject(marked);
  const before = (await commits({ room })).length;
  expect(await power.markOperation(mark, ana)).toMatchObject(marked);
  expect((await commits({ room })).length).toBe(before);
  expect(await power.markOperation({ ...mark, outcome: 'failed' }, ana)).toMatchObject({ rejected: 'wrong_state' });
  expect(await power.checkOperation({ id }, ana)).toMatchObject({ rejected: 'wrong_state' });
});

it('a check is no fact of the machine and stands in the audit; a dry one does not', async () => {
  const { room, process, id } = await unread();
  const before = (await commits({ room })).length;
  await process.power.checkOperation({ id }, { ...ana, dryRun: true });
  expect((await commits({ room })).length).toBe(before);
  await process.power.checkOperation({ id }, ana);
  expect((await commits({ room })).at(-1)?.facts.map(({ fact }) => fact)).toEqual([
    { type: 'AuditActionRecorded', command: 'operation.check', target: id },
  ]);
});

it('a check finds that it was not done: expired, with what was read', async () => {
  const { room, process, id } = await unread();
  room.room.fault = null;
  await process.power.checkOperation({ id }, ana);
  await room.clock.advance(0);
  expect(await process.power.getOperation({ id }, ana)).toMatchObject({
    state: 'expired',
    evidence: { newState: 'poweredOn' },
  });
});

it('an older unknown outcome is marked, not checked: another has acted since', async () => {
  const { room, vmId, process, id } = await unread();
  Object.assign(room.room, { fault: null, behave: async (_: unknown, obey: () => Promise<void>) => obey() });
  await off(process, vmId, 'hard', 20);
  await room.clock.advance(1_000);
  expect(await process.power.checkOperation({ id }, ana)).toMatchObject({ rejected: 'wrong_state' });
  expect(await process.power.markOperation({ id, outcome: 'failed', reason: 'x' }, ana)).toMatchObject({
    operation: { state: 'failed', error: { code: 'outcome_unknown' } },
  });
});

it('runs again what ended without success, with its rules and its own number', async () => {
  const { room, vmId, process, id } = await unread('trySoft');
  const { power } = process;
  room.room.fault = null;
  room.room.behave = async (_, obey) => obey();
  expect(await power.runOperationAgain({ id }, { ...keyed('a'), dryRun: true })).toMatchObject({
    operation: { state: 'queued' },
  });
  const again = await power.runOperationAgain({ id }, keyed('a'));
  expect(again).toMatchObject({ replayed: false, operation: { id: `power.power-${vmId}.2`, kind: 'vm.power-off' } });
  expect(await power.runOperationAgain({ id }, keyed('a'))).toMatchObject({ replayed: true });
  expect(await power.runOperationAgain({ id }, keyed('b'))).toMatchObject({ rejected: 'operation_in_progress' });
  await room.clock.advance(1_000);
  const second = `power.power-${vmId}.2` as OperationId;
  const done = await power.getOperation({ id: second }, ana);
  expect(done).toMatchObject({ state: 'succeeded' });
  expect(!isRejection(done) && done.deadline).toBe('2026-11-20T10:00:20.000Z'); // ten seconds again
  expect(await power.runOperationAgain({ id: second }, keyed('c'))).toMatchObject({ rejected: 'wrong_state' });
});

it.each(['cancelOperation', 'checkOperation', 'runOperationAgain', 'markOperation'] as const)(
  '%s takes the right of the operation’s own verb, and says so to the audit',
  async (verb) => {
    const { room, process, id } = await unread();
    const nobody = OperationId.of('power', StreamId.of('power', VmId.create()), 1);
    const mark = { outcome: 'failed', reason: 'x' } as const;
    expect(await process.power[verb]({ id, ...mark }, weak)).toMatchObject({ rejected: 'forbidden' });
    expect((await commits({ room })).at(-1)).toMatchObject({
      metadata: { actor: 'eve' },
      facts: [{ fact: { type: 'AuditDenialRecorded', right: 'vm:force', code: 'forbidden' } }],
    });
    expect(await process.power[verb]({ id: nobody, ...mark }, ana)).toMatchObject({ rejected: 'not_found' });
  },
);
