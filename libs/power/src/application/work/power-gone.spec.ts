import { expect, it } from '@jest/globals';
import { ProviderFault } from '@drover/ports';
import { hangs, worldOf } from './testing.js';

const gone = () => new ProviderFault('not_found', 'no machine has this uuid');

it.each(['soft', 'hard'] as const)(
  'K22: a machine that is destroyed in mid-operation ends it as soon as its absence is confirmed (%s)',
  async (mode) => {
    const { clock, room, off, read } = await worldOf(async () => undefined);
    const id = await off(mode);
    await clock.advance(10_000);
    room.room.fault = gone;
    const before = room.room.reads;
    await clock.advance(4_000);
    expect(await read(id)).toMatchObject({
      ...{ state: 'failed', error: { code: 'vm_gone', status: 410 } },
      evidence: { newState: 'poweredOn', verifiedAt: null },
    });
    expect(room.room.reads - before).toBe(2); // one that finds nothing, and one that confirms it
  },
);

it('K22: a restart, too, which would be unknown at the deadline', async () => {
  const { clock, room, restart, read } = await worldOf(hangs);
  const id = await restart('soft');
  await clock.advance(10_000);
  room.room.fault = gone;
  await clock.advance(4_000);
  expect(await read(id)).toMatchObject({ state: 'failed', error: { code: 'vm_gone' } });
});

it('K22: one that is not found once was only looked for at the wrong moment', async () => {
  const { clock, room, machine, off, read } = await worldOf(hangs);
  let missing = 1;
  const id = await off('soft');
  await clock.advance(10_000);
  for (let times = 0; times < 2; times++) {
    missing = 1;
    const { read: readNow } = room.memory;
    room.memory.read = async (...of) => {
      if (missing-- > 0) throw gone();
      return readNow(...of);
    };
    await clock.advance(10_000);
    expect((await read(id)).state).toBe('running');
    room.memory.read = readNow;
  }
  machine.power = 'poweredOff';
  await clock.advance(3_000);
  expect((await read(id)).state).toBe('succeeded');
});
