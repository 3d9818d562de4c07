import { expect, it } from '@jest/globals';
import { Instant } from '@drover/kernel';
import { virtualClock } from './clock.memory.js';
import { watchWallSteps, type WallStep } from './wall-steps.js';

const HOUR = 3_600_000;
const open = () => {
  const clock = virtualClock();
  const told: WallStep[] = [];
  return { clock, told, steps: watchWallSteps(clock, (step) => told.push(step)) };
};

it.each([1, -1, 24, -24])('T-CLK-1: tells once that the clock was set by %d hours', async (hours) => {
  const { clock, told } = open();
  await clock.advance(5000);
  clock.jump(hours * HOUR);
  await clock.advance(60_000);
  expect(told.map(({ ms }) => ms)).toEqual([hours * HOUR]);
});

it('says nothing of a clock that a time server moves a little', async () => {
  const { clock, told } = open();
  for (let i = 0; i < 60; i++) {
    clock.jump(i % 2 ? 200 : -150);
    await clock.advance(1000);
  }
  expect(told).toEqual([]);
});

it('T-CLK-1: a window that began before a leap is reckoned without it, one that began after it as it is', async () => {
  const { clock, steps } = open();
  const before = clock.now();
  await clock.advance(1000);
  clock.jump(HOUR);
  expect(steps.leapt(before)).toBe(HOUR); // at once, not at the next look
  const after = clock.now();
  await clock.advance(1000);
  clock.jump(-2 * HOUR);
  await clock.advance(1000);
  expect([steps.leapt(before), steps.leapt(after)]).toEqual([HOUR, 0]); // back is no leap: a window only gets longer
});

it('looks no more when it is stopped', async () => {
  const { clock, told, steps } = open();
  steps.stop();
  clock.jump(HOUR);
  await clock.advance(60_000);
  expect([told, Instant.msBetween(clock.now(), clock.now())]).toEqual([[], 0]);
});
