import { expect, it } from '@jest/globals';
import { isRejection, type Rejection, type VmId } from '@drover/kernel';
import type { AcceptedOperation } from '@drover/operations';
import { ana, machineRoom, type Behaviour, type MachineRoom, type Process } from '../../testing.js';

const granted = (asked: AcceptedOperation | Rejection) => {
  if (isRejection(asked)) throw new Error(JSON.stringify(asked));
  return asked.operation.id;
};
const off = async ({ power }: Process, vmId: VmId, mode: 'soft' | 'trySoft' | 'hard' = 'soft', timeoutSeconds = 300) =>
  granted(await power.powerOff({ vmId, mode, timeoutSeconds }, ana));
const read = async ({ power }: Process, id: ReturnType<typeof granted>) => {
  const operation = await power.getOperation({ id }, ana);
  if (isRejection(operation)) throw new Error(operation.because);
  return operation;
};
/** Does what it is asked, after a while. */
const after =
  ({ clock }: MachineRoom, ms: number): Behaviour =>
  async (_, obey) =>
    void clock.after(ms, () => void obey());
const hangs: Behaviour = async (call, obey) =>
  call === 'shutdown-guest' || call === 'reboot-guest' ? undefined : obey();
const graceful = ['PowerOffRequested', 'StepStarted graceful 1', 'StepFinished graceful 1'];
const forced = ['PowerOffEscalated', 'StepStarted forced 1', 'StepFinished forced 1', 'VmPoweredOff'];

it('completes: lease, look, intent, call, what came of it, look, verified end', async () => {
  const room = machineRoom();
  const vmId = room.machine();
  const process = await room.boot();
  const id = await off(process, vmId);
  await room.clock.advance(0);
  expect([await room.facts(vmId), room.calls()]).toEqual([[...graceful, 'VmPoweredOff'], ['shutdown-guest']]);
  expect(room.made[0]?.token).toMatchObject({ operationId: id, attempt: 1, epoch: 1 });
  expect(await read(process, id)).toMatchObject({
    ...{
      state: 'succeeded',
      kind: 'vm.power-off',
      target: { type: 'vm', id: vmId, name: 'web-01' },
      requestedBy: 'ana',
    },
    ...{ attempts: 1, steps: [{ name: 'graceful', state: 'succeeded', attempts: 1 }], phase: null, nextActions: [] },
    evidence: {
      ...{ method: 'graceful', previousState: 'poweredOn', newState: 'poweredOff', firstError: null },
      ...{ observations: [{ power: 'poweredOn', source: 'provider' }, { power: 'poweredOff' }] },
      ...{ attempts: [{ step: 'graceful', attempt: 1, outcome: 'succeeded' }] },
    },
    ...{ result: { outcome: 'completed' }, error: null },
  });
  expect(process.failures).toEqual([]);
});

it('T24: takes as long as the guest takes: no fixed sleep, and it is seen within two seconds', async () => {
  const room = machineRoom();
  const vmId = room.machine();
  room.room.behave = after(room, 45_000);
  const process = await room.boot();
  const id = await off(process, vmId);
  await room.clock.advance(60_000);
  const { evidence, state } = await read(process, id);
  expect(state).toBe('succeeded');
  expect(evidence?.durationSeconds).toBeGreaterThanOrEqual(45);
  expect(evidence?.durationSeconds).toBeLessThanOrEqual(47);
  expect(room.room.reads).toBeLessThan(40); // looks come further and further apart
});

it('looks at once when inventory has seen a change', async () => {
  const room = machineRoom();
  const vmId = room.machine();
  room.room.behave = after(room, 20_100);
  const process = await room.boot();
  const id = await off(process, vmId);
  await room.clock.advance(20_100);
  room.observed(vmId);
  await room.clock.advance(0);
  expect(await read(process, id)).toMatchObject({ state: 'succeeded', evidence: { durationSeconds: 20 } });
});

it('T28: sends nothing to a machine that is off already, and is quick about it', async () => {
  const room = machineRoom();
  const vmId = room.machine();
  room.memory.machine(vmId).power = 'poweredOff';
  const process = await room.boot();
  const id = await off(process, vmId);
  await room.clock.advance(0);
  expect([await room.facts(vmId), room.calls()]).toEqual([['PowerOffRequested', 'VmPoweredOff'], []]);
  expect(await read(process, id)).toMatchObject({
    evidence: { method: 'already-off', previousState: 'poweredOff', newState: 'poweredOff', durationSeconds: 0 },
  });
});

it('T28: sends nothing to a machine that is on already', async () => {
  const room = machineRoom();
  const vmId = room.machine();
  room.memory.machine(vmId).tools = 'toolsNotRunning';
  const process = await room.boot();
  const id = granted(await process.power.powerOn({ vmId, waitForTools: true }, ana));
  await room.clock.advance(0);
  expect([await room.facts(vmId), room.calls()]).toEqual([['PowerOnRequested', 'VmPoweredOn'], []]);
  expect(await read(process, id)).toMatchObject({ evidence: { method: 'already-on', previousState: 'poweredOn' } });
});

it('refuses what the fresh look finds against the matrix, sends nothing, and frees the machine', async () => {
  const room = machineRoom();
  const vmId = room.machine();
  const process = await room.boot();
  const id = await off(process, vmId);
  room.memory.machine(vmId).tools = 'toolsNotRunning';
  await room.clock.advance(0);
  expect([await room.facts(vmId), room.calls()]).toEqual([['PowerOffRequested', 'PowerOperationRefused'], []]);
  expect(await read(process, id)).toMatchObject({
    ...{ state: 'failed', error: { code: 'graceful_shutdown_not_possible', status: 409 }, nextActions: ['run-again'] },
  });
  room.observed(vmId);
  await room.clock.advance(0);
  await off(process, vmId, 'hard');
  await room.clock.advance(0);
  expect(room.calls()).toEqual(['power-off']);
});

it.each(['toolsNotRunning', 'toolsNotInstalled'] as const)('T21: forces at once with %s', async (tools) => {
  const room = machineRoom();
  const vmId = room.machine();
  room.memory.machine(vmId).tools = tools;
  room.observed(vmId);
  const process = await room.boot();
  const id = await off(process, vmId, 'trySoft');
  await room.clock.advance(0);
  expect(await room.facts(vmId)).toEqual(['PowerOffRequested', ...forced]);
  expect(await read(process, id)).toMatchObject({ evidence: { escalation: 'tools_absent', durationSeconds: 0 } });
});

it('T23: forces a guest that hangs when its share is used up, not before, and all within the time-out', async () => {
  const room = machineRoom();
  const vmId = room.machine();
  room.room.behave = hangs;
  const process = await room.boot();
  const id = await off(process, vmId, 'trySoft');
  await room.clock.advance(239_900);
  expect(await room.facts(vmId)).toEqual(graceful);
  await room.clock.advance(100);
  expect([await room.facts(vmId), room.calls()]).toEqual([
    [...graceful, ...forced],
    ['shutdown-guest', 'power-off'],
  ]);
  expect(await read(process, id)).toMatchObject({ evidence: { method: 'forced', durationSeconds: 240 } });
});

it('soft never forces: a guest that hangs expires at the deadline, not before', async () => {
  const room = machineRoom();
  const vmId = room.machine();
  room.room.behave = hangs;
  const process = await room.boot();
  const id = await off(process, vmId, 'soft', 60);
  await room.clock.advance(59_900);
  expect(await read(process, id)).toMatchObject({ state: 'running', phase: 'verify', nextActions: ['cancel'] });
  await room.clock.advance(100);
  expect(room.calls()).toEqual(['shutdown-guest']);
  expect(await read(process, id)).toMatchObject({
    ...{ state: 'expired', endedAt: '2026-11-20T10:01:00.000Z', evidence: { newState: 'poweredOn', verifiedAt: null } },
    error: { code: 'operation_timed_out', status: 504, detail: 'The time-out ended. It was last read as poweredOn.' },
  });
});

it('T29: waits for tools, is content with old ones, and counts the wait', async () => {
  const room = machineRoom();
  const vmId = room.machine();
  const machine = room.memory.machine(vmId);
  Object.assign(machine, { power: 'poweredOff', tools: 'toolsNotRunning' });
  const process = await room.boot();
  const id = granted(await process.power.powerOn({ vmId, waitForTools: true }, ana));
  await room.clock.advance(30_000);
  expect(await read(process, id)).toMatchObject({ state: 'running', phase: 'wait-tools', nextActions: ['cancel'] });
  machine.tools = 'toolsOld';
  await room.clock.advance(2_000);
  expect(await room.facts(vmId)).toEqual([
    ...['PowerOnRequested', 'StepStarted start 1', 'StepFinished start 1', 'StepStarted wait-tools 1'],
    ...['StepFinished wait-tools 1', 'VmPoweredOn'],
  ]);
  expect(await read(process, id)).toMatchObject({
    ...{ state: 'succeeded', deadline: '2026-11-20T10:10:00.000Z' },
    evidence: { method: null, previousState: 'poweredOff', observations: [{}, {}, { tools: 'toolsOld' }] },
    steps: [{ name: 'start' }, { name: 'wait-tools', state: 'succeeded' }],
  });
});

it('T29: tools that never come expire at the caller’s own time-out, saying that the machine is on', async () => {
  const room = machineRoom();
  const vmId = room.machine();
  Object.assign(room.memory.machine(vmId), { power: 'poweredOff', tools: 'toolsNotRunning' });
  const process = await room.boot();
  const id = granted(await process.power.powerOn({ vmId, waitForTools: true, timeoutSeconds: 90 }, ana));
  await room.clock.advance(90_000);
  const { state, error, steps } = await read(process, id);
  expect([state, steps.at(-1)]).toMatchObject(['expired', { name: 'wait-tools', state: 'failed' }]);
  expect(error?.detail).toContain('The machine is on (new_state=poweredOn, tools_status=toolsNotRunning)');
});

it('does not wait for tools that were not there before the start', async () => {
  const room = machineRoom();
  const vmId = room.machine();
  Object.assign(room.memory.machine(vmId), { power: 'poweredOff', tools: 'toolsNotInstalled' });
  const process = await room.boot();
  const id = granted(await process.power.powerOn({ vmId, waitForTools: true }, ana));
  await room.clock.advance(0);
  expect((await read(process, id)).state).toBe('succeeded');
});

it.each([
  ['soft', 'reboot-guest', 'graceful'],
  ['hard', 'reset', 'forced'],
] as const)('restarts %s by %s, and believes it when the machine has booted anew', async (mode, call, method) => {
  const room = machineRoom();
  const vmId = room.machine();
  const process = await room.boot();
  room.room.behave = after(room, 20_000);
  const id = granted(await process.power.restart({ vmId, mode, timeoutSeconds: 300 }, ana));
  await room.clock.advance(19_000);
  expect((await read(process, id)).state).toBe('running');
  await room.clock.advance(3_000);
  expect([room.calls(), await read(process, id)]).toMatchObject([[call], { state: 'succeeded', evidence: { method } }]);
});

it('does not reset a guest that hangs at its reboot: nobody can say whether it was restarted', async () => {
  const room = machineRoom();
  const vmId = room.machine();
  room.room.behave = hangs;
  const process = await room.boot();
  const id = granted(await process.power.restart({ vmId, mode: 'trySoft', timeoutSeconds: 100 }, ana));
  await room.clock.advance(100_000);
  expect(await room.facts(vmId)).toEqual([
    ...['RestartRequested', 'StepStarted graceful 1', 'StepFinished graceful 1', 'PowerOperationUnknown'],
  ]);
  expect((await read(process, id)).state).toBe('unknown');
});

it('calls off force when it is cancelled, and says what was sent', async () => {
  const room = machineRoom();
  const vmId = room.machine();
  room.room.behave = hangs;
  const process = await room.boot();
  const id = await off(process, vmId, 'trySoft');
  await room.clock.advance(10_000);
  expect(await process.power.cancelOperation({ id }, ana)).toMatchObject({ operation: { state: 'cancelled' } });
  await room.clock.advance(0);
  expect(await read(process, id)).toMatchObject({
    state: 'cancelled',
    steps: [{ name: 'graceful', state: 'succeeded' }],
  });
  await room.clock.advance(400_000);
  expect(room.calls()).toEqual(['shutdown-guest']);
  expect((await room.facts(vmId)).slice(-2)).toEqual(['CancelRequested', 'PowerOperationCancelled forced']);
});

it('a process that stops leaves what is open to the next, and says nothing of it', async () => {
  const room = machineRoom();
  const vmId = room.machine();
  room.room.behave = after(room, 20_000);
  const first = await room.boot();
  const id = await off(first, vmId);
  await room.clock.advance(5_000);
  await first.kill();
  await room.clock.advance(30_000);
  expect(await room.facts(vmId)).toEqual(graceful);
  const second = await room.boot();
  await room.clock.advance(0);
  expect((await read(second, id)).state).toBe('succeeded');
  expect([first.failures, second.failures, room.calls()]).toEqual([[], [], ['shutdown-guest']]);
});
