import { expect, it } from '@jest/globals';
import { isRejection, type VmId } from '@drover/kernel';
import { ana, machineRoom, type Process } from '../../testing.js';
import { hangs, worldOf } from './testing.js';

const HOUR = 3_600_000;
const jumps = [1, -1, 24, -24].map((hours) => [`${hours > 0 ? '+' : ''}${hours} h`, hours * HOUR] as const);

/** A machine whose guest hangs when it is asked to shut down, and a power-off of it, five minutes at most. */
const hanging = async (mode: 'soft' | 'trySoft' = 'soft') => {
  const place = machineRoom();
  const vmId = place.machine();
  place.room.behave = async (call, obey) => (call === 'shutdown-guest' ? undefined : obey());
  const first = await place.boot();
  const asked = await first.power.powerOff({ vmId, mode, timeoutSeconds: 300 }, ana);
  if (isRejection(asked)) throw new Error(asked.because);
  return { ...place, vmId, first, id: asked.operation.id };
};
type Room = Awaited<ReturnType<typeof hanging>>;

const read = async ({ power }: Process, id: Room['id']) => {
  const operation = await power.getOperation({ id }, ana);
  if (isRejection(operation)) throw new Error(operation.because);
  return operation;
};
const obey = ({ memory }: Room, vmId: VmId) => void (memory.machine(vmId).power = 'poweredOff');

it.each(jumps)(
  'K4: an operation of a living process outlasts a jump of %s and takes as long as it took',
  async (_, ms) => {
    const room = await hanging();
    const { clock, first, id, vmId } = room;
    await clock.advance(30_000);
    clock.jump(ms);
    await clock.advance(30_000);
    expect(await read(first, id)).toMatchObject({ state: 'running' });
    obey(room, vmId);
    await clock.advance(5_000);
    const { state, evidence } = await read(first, id);
    expect(state).toBe('succeeded');
    expect(Math.abs((evidence?.durationSeconds ?? 0) - 62)).toBeLessThanOrEqual(3);
  },
);

it.each(jumps)('K4: it ends at its own deadline after a jump of %s, and says how long it took', async (_, ms) => {
  const { clock, first, id } = await hanging();
  await clock.advance(30_000);
  clock.jump(ms);
  await clock.advance(268_000);
  expect(await read(first, id)).toMatchObject({ state: 'running' });
  await clock.advance(5_000);
  const { state, evidence } = await read(first, id);
  expect(state).toBe('expired');
  expect(Math.abs((evidence?.durationSeconds ?? 0) - 300)).toBeLessThanOrEqual(3);
});

it.each(jumps)('K4: the guest keeps its share of the time after a jump of %s', async (_, ms) => {
  const { clock, first, id, vmId, calls } = await hanging('trySoft');
  await clock.advance(30_000);
  clock.jump(ms);
  await clock.advance(208_000); // of 240 s
  expect(calls(vmId)).toEqual(['shutdown-guest']);
  await clock.advance(10_000);
  expect(calls(vmId)).toEqual(['shutdown-guest', 'power-off']);
  expect(await read(first, id)).toMatchObject({ state: 'succeeded', evidence: { escalation: 'graceful_timed_out' } });
});

it.each(jumps)('K4: a retry comes when it is due after a jump of %s', async (_, ms) => {
  const place = machineRoom();
  const vmId = place.machine();
  const first = await place.boot();
  let refusals = 0;
  place.room.behave = async (_call, obeyed) => {
    if (refusals++ < 2) throw Object.assign(new Error('busy'), { code: 'busy', sent: 'no', name: 'ProviderFault' });
    await obeyed();
  };
  const asked = await first.power.powerOff({ vmId, mode: 'hard', timeoutSeconds: 300 }, ana);
  if (isRejection(asked)) throw new Error(asked.because);
  await place.clock.advance(100);
  place.clock.jump(ms);
  await place.clock.advance(30_000);
  expect(await read(first, asked.operation.id)).toMatchObject({ state: 'succeeded' });
});

it.each(jumps)(
  'K4: found by the next process after a jump of %s it is looked at, and its verdict is what was read',
  async (_, ms) => {
    const room = await hanging();
    const { clock, first, id, vmId } = room;
    await clock.advance(30_000);
    await first.kill();
    clock.jump(ms);
    obey(room, vmId);
    const second = await room.boot();
    await clock.advance(5_000);
    expect(await read(second, id)).toMatchObject({ state: 'succeeded', evidence: { newState: 'poweredOff' } });
  },
);

it.each(jumps)(
  'K4: found by the next process after a jump of %s it lasts no longer than it was given',
  async (_, ms) => {
    const { clock, first, id, boot } = await hanging();
    await clock.advance(30_000);
    await first.kill();
    clock.jump(ms);
    const second = await boot();
    await clock.advance(5_000);
    expect(await read(second, id)).toMatchObject({ state: ms > 0 ? 'expired' : 'running' });
    await clock.advance(300_000);
    expect(await read(second, id)).toMatchObject({ state: 'expired', evidence: { newState: 'poweredOn' } });
  },
);

it.each(jumps)(
  'K4: a machine cools down for ten minutes after a restart, whatever a jump of %s says',
  async (_, ms) => {
    const room = machineRoom();
    const vmId = room.machine();
    const { power } = await room.boot();
    room.room.behave = async (_call, obeyed) => {
      await obeyed();
      room.memory.machine(vmId).bootAt = room.clock.now();
    };
    const restart = () => power.restart({ vmId, mode: 'soft', timeoutSeconds: 60 }, ana);
    await room.clock.advance(60_000);
    await restart();
    await room.clock.advance(10_000);
    room.clock.jump(ms);
    await room.clock.advance(570_000);
    expect(await restart()).toMatchObject({ rejected: 'cooldown' });
    await room.clock.advance(30_000);
    expect(await restart()).not.toMatchObject({ rejected: 'cooldown' });
  },
);

/** A guest that was asked to stop within 60 s, did not, and was given up after 10 s. */
const givenUp = async () => {
  const world = await worldOf(hangs);
  const cancelled = await world.off('soft', 60);
  await world.clock.advance(10_000);
  await world.cancel(cancelled);
  return { ...world, cancelled };
};

it.each(jumps)(
  'K20: a power-on after a jump of %s waits as long as the guest may still stop the machine, and no longer',
  async (_, ms) => {
    const { clock, on, read, cancelled } = await givenUp();
    clock.jump(ms);
    const id = await on();
    await clock.advance(47_000);
    expect(await read(id)).toMatchObject({ state: 'running', evidence: { earlier: cancelled } });
    await clock.advance(4_000);
    expect(await read(id)).toMatchObject({ state: 'succeeded', evidence: { method: 'already-on' } });
  },
);

it.each(jumps)('K20: a jump of %s while a power-on waits for it changes nothing', async (_, ms) => {
  const { clock, on, read, cancelled } = await givenUp();
  const id = await on();
  await clock.advance(10_000);
  clock.jump(ms);
  await clock.advance(37_000);
  expect(await read(id)).toMatchObject({ state: 'running', evidence: { earlier: cancelled } });
  await clock.advance(4_000);
  expect(await read(id)).toMatchObject({ state: 'succeeded' });
});

it.each(jumps)('K20: after its time a power-on waits for no guest, whatever a jump of %s says', async (_, ms) => {
  const { clock, on, read } = await givenUp();
  await clock.advance(51_000);
  clock.jump(ms);
  const id = await on();
  await clock.advance(0);
  expect((await read(id)).state).toBe('succeeded');
  expect((await read(id)).evidence).not.toHaveProperty('earlier');
});

it.each(jumps)(
  'K20: found by the next process after a jump of %s a guest may stop no longer than it was given',
  async (_, ms) => {
    const { room, clock, vmId, process, cancelled } = await givenUp();
    await process.kill();
    clock.jump(ms);
    const { power, ...second } = await room.boot();
    const asked = await power.powerOn({ vmId, waitForTools: false, timeoutSeconds: 180 }, ana);
    if (isRejection(asked)) throw new Error(asked.because);
    const now = () => read({ power, ...second }, asked.operation.id);
    await clock.advance(5_000);
    if (ms > 0) expect((await now()).evidence).not.toHaveProperty('earlier');
    else expect(await now()).toMatchObject({ state: 'running', evidence: { earlier: cancelled } });
    await clock.advance(60_000);
    expect(await now()).toMatchObject({ state: 'succeeded' });
  },
);

it('K4: the next process lets a machine cool down for the rest of its ten minutes, though it saw the clock leap', async () => {
  const { clock, room, restart, vmId, process, read } = await worldOf(async (_call, obey) => {
    const sent = await obey();
    room.memory.machine(vmId).bootAt = clock.now();
    return sent;
  });
  const id = await restart();
  await clock.advance(60_000);
  expect((await read(id)).state).toBe('succeeded');
  await process.kill();
  const { power } = await room.boot();
  await clock.advance(60_000);
  clock.jump(HOUR);
  const again = () => power.restart({ vmId, mode: 'soft', timeoutSeconds: 60 }, ana);
  await clock.advance(60_000);
  expect(await again()).toMatchObject({ rejected: 'cooldown' });
  await clock.advance(420_000);
  expect(await again()).not.toMatchObject({ rejected: 'cooldown' });
});
