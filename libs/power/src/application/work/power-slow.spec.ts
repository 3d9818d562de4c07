import { expect, it } from '@jest/globals';
import { hangs, worldOf } from './testing.js';

/** A provider whose readings take so long. */
const slow = async (ms: number) => {
  const world = await worldOf(hangs);
  const { powerControl } = world.process.ports;
  const readNow = powerControl.read;
  const times = { ms };
  powerControl.read = async (...of) => {
    await new Promise<void>((done) => world.clock.after(times.ms, done));
    return readNow(...of);
  };
  return { ...world, times };
};

it.each([3_000, 7_000])('K23: a provider that takes %s ms to read ends no deadline as unknown', async (ms) => {
  const { clock, off, read } = await slow(ms);
  for (const seconds of [10, 15, 20, 31]) {
    const id = await off('soft', seconds);
    await clock.advance(seconds * 1_000 + 10_000);
    expect([seconds, await read(id)]).toMatchObject([
      seconds,
      { state: 'expired', evidence: { newState: 'poweredOn' } },
    ]);
  }
});

it('K23: a provider that hangs holds an operation no longer than looks usually take', async () => {
  const { clock, off, read, times } = await slow(100);
  const id = await off('soft', 30);
  await clock.advance(25_000);
  times.ms = 3_600_000;
  await clock.advance(7_000);
  expect((await read(id)).state).toBe('unknown');
});

it('K23: a look that begins when the time is over has no more than the last look has', async () => {
  const { clock, off, read, times } = await slow(100);
  const id = await off('soft', 30);
  await clock.advance(29_950); // the last look before the deadline has ended, the next one begins at it
  times.ms = 3_600_000;
  await clock.advance(2_050);
  expect((await read(id)).state).toBe('unknown');
});
