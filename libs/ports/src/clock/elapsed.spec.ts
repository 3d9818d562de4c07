import { expect, it } from '@jest/globals';
import { elapsedOn } from './elapsed.js';
import { virtualClock } from './clock.memory.js';
import { watchWallSteps } from './wall-steps.js';

const HOUR = 3_600_000;

it('T-CLK-1: what was seen to begin is as old as the time that passed, however the clock is set', async () => {
  const clock = virtualClock();
  const elapsed = elapsedOn(clock);
  elapsed.begins('a');
  const began = clock.now();
  await clock.advance(2000);
  for (const ms of [HOUR, -25 * HOUR]) {
    clock.jump(ms);
    expect(elapsed.since('a', began, HOUR)).toBe(2000);
  }
});

it('T-CLK-1: what was found is as old as its instant says, within its own length, and then ages by itself', async () => {
  const clock = virtualClock();
  const began = clock.now();
  const found = async (jump: number) => {
    clock.jump(jump);
    const elapsed = elapsedOn(clock); // another process
    const first = elapsed.since('a', began, 300_000);
    clock.jump(-jump);
    await clock.advance(1000);
    return [first, elapsed.since('a', began, 300_000)];
  };
  await clock.advance(60_000);
  expect(await found(0)).toEqual([60_000, 61_000]);
  expect(await found(-HOUR)).toEqual([0, 1000]);
  expect(await found(HOUR)).toEqual([300_000, 301_000]);
});

it.each([
  [1, 60_000],
  [-1, 0],
])('T-CLK-1: what was found before the clock was seen to be set by %d h is no older for it', async (hours, ms) => {
  const clock = virtualClock();
  const elapsed = elapsedOn(clock, watchWallSteps(clock, () => {}).leapt);
  const began = clock.now();
  await clock.advance(60_000);
  clock.jump(hours * HOUR);
  expect(elapsed.since('a', began, 300_000)).toBe(ms);
});
