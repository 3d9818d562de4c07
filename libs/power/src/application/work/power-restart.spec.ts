import { expect, it } from '@jest/globals';
import { Instant } from '@drover/kernel';
import { ProviderFault } from '@drover/ports';
import { ana, START } from '../../testing.js';
import { hangs, worldOf } from './testing.js';

const lost = () => {
  throw new ProviderFault('no_answer', 'lost', 'maybe');
};

it('K21: a reset is verified by the task of its provider, though no boot instant changes', async () => {
  const { clock, restart, read, room, vmId } = await worldOf(async () => ({ task: 'task-7' }));
  const id = await restart('hard');
  await clock.advance(0);
  expect(await read(id)).toMatchObject({ state: 'succeeded', evidence: { method: 'forced', proof: 'task' } });
  const last = (await room.eventStore.readAll(0, 99)).at(-1)?.facts.at(-1)?.fact;
  expect(last).toMatchObject({ type: 'VmRestarted', proof: 'task', task: 'task-7' });
  const again = await room.boot();
  expect(await again.power.restart({ vmId, mode: 'hard', timeoutSeconds: 300 }, ana)).toMatchObject({
    ...{ rejected: 'cooldown', because: expect.stringContaining('It was restarted at') },
  });
});

it('K21: a task without a machine that is read as on after it verifies nothing', async () => {
  const { clock, machine, restart, read } = await worldOf(async () => {
    machine.power = 'poweredOff';
    return { task: 'task-7' };
  });
  const id = await restart('hard', 60);
  await clock.advance(61_000);
  expect((await read(id)).state).toBe('unknown');
});

it.each([
  ['behind', -86_400],
  ['ahead', 86_400],
])('K21: a later boot verifies it, though the clock of the provider is %s by a day', async (_name, off) => {
  const { clock, machine, restart, read } = await worldOf(async () => undefined);
  machine.bootAt = Instant.plusSeconds(START, off - 60);
  const id = await restart('soft');
  await clock.advance(20_000);
  expect((await read(id)).state).toBe('running'); // the boot of before proves nothing, whatever its date
  machine.bootAt = Instant.plusSeconds(START, off + 20);
  await clock.advance(3_000);
  expect(await read(id)).toMatchObject({ state: 'succeeded', evidence: { proof: 'boot' } });
});

it('K21: an uptime that is lower than the one before the call verifies it', async () => {
  const { clock, restart, read, process } = await worldOf(async () => undefined);
  const { read: readNow } = process.ports.powerControl;
  let uptimeSeconds = 4_000;
  process.ports.powerControl.read = async (...of) => {
    const reading = await readNow(...of);
    return reading.power === 'unknown' ? reading : { ...reading, bootAt: null, uptimeSeconds };
  };
  const id = await restart('soft');
  await clock.advance(20_000);
  uptimeSeconds = 4_020;
  await clock.advance(3_000);
  expect((await read(id)).state).toBe('running');
  uptimeSeconds = 5;
  await clock.advance(3_000);
  expect(await read(id)).toMatchObject({ state: 'succeeded', evidence: { proof: 'uptime' } });
});

it('K21: guest tools that stop and come back verify what the guest was asked', async () => {
  const { clock, machine, restart, read } = await worldOf(hangs);
  const id = await restart('soft');
  await clock.advance(5_000);
  machine.tools = 'unknown'; // is never taken for stopped
  await clock.advance(5_000);
  machine.tools = 'toolsOk';
  await clock.advance(5_000);
  expect((await read(id)).state).toBe('running');
  machine.tools = 'toolsNotRunning';
  await clock.advance(5_000);
  expect((await read(id)).state).toBe('running');
  machine.tools = 'toolsOk';
  await clock.advance(3_000);
  expect(await read(id)).toMatchObject({ state: 'succeeded', evidence: { method: 'graceful', proof: 'tools' } });
});

it('K21: but not a reset, which has better to show', async () => {
  const { clock, machine, restart, read } = await worldOf(async () => undefined);
  const id = await restart('hard', 60);
  await clock.advance(5_000);
  machine.tools = 'toolsNotRunning';
  await clock.advance(5_000);
  machine.tools = 'toolsOk';
  await clock.advance(51_000);
  expect((await read(id)).state).toBe('unknown');
});

it('K21: nothing by the deadline is unknown, never expired, with check, mark and run-again', async () => {
  const { clock, vmId, restart, read, power } = await worldOf(hangs);
  const id = await restart('soft', 60);
  await clock.advance(61_000);
  expect(await read(id)).toMatchObject({
    ...{ state: 'unknown', error: { code: 'outcome_unknown' }, nextActions: ['check', 'mark', 'run-again'] },
  });
  expect(await power.restart({ vmId, mode: 'soft', timeoutSeconds: 60 }, ana)).toMatchObject({
    ...{ rejected: 'cooldown', because: expect.stringContaining('It may have been restarted at') },
  });
});

it('K21: a check looks for the same as the operation did, by what was read before the call', async () => {
  const { clock, machine, restart, read, power, room } = await worldOf(hangs);
  const id = await restart('soft', 60);
  await clock.advance(61_000);
  await power.checkOperation({ id }, ana);
  await clock.advance(0);
  expect((await read(id)).state).toBe('unknown'); // that it runs says nothing
  machine.bootAt = room.clock.now();
  await power.checkOperation({ id }, ana);
  await clock.advance(0);
  expect(await read(id)).toMatchObject({ state: 'succeeded', evidence: { proof: 'boot' } });
});

it('K21: tools that were seen to stop are remembered for the check', async () => {
  const { clock, machine, restart, read, power } = await worldOf(hangs);
  const id = await restart('soft', 60);
  await clock.advance(55_000);
  machine.tools = 'toolsNotRunning';
  await clock.advance(6_000);
  expect((await read(id)).state).toBe('unknown');
  machine.tools = 'toolsOk';
  await power.checkOperation({ id }, ana);
  await clock.advance(0);
  expect(await read(id)).toMatchObject({ state: 'succeeded', evidence: { proof: 'tools' } });
});

it('K21: what was read before the first try is not what was read before the call', async () => {
  let tries = 0;
  const { clock, machine, restart, read, room } = await worldOf(async () => {
    if (tries++ === 0) throw new ProviderFault('busy', 'another task');
    return lost();
  });
  const id = await restart('hard', 300);
  await clock.advance(0);
  machine.bootAt = room.clock.now(); // somebody else restarts it before the second try
  await clock.advance(62_000);
  expect([tries, (await read(id)).state]).toEqual([2, 'unknown']);
});
