import { expect, it } from '@jest/globals';
import { yieldToEventLoop } from '@drover/kernel';
import { virtualClock } from '@drover/ports';
import { gradually } from './gradual.simulator.js';

/** A work of so many steps, and how many were done. */
const workOf = (steps: number, ends: () => void = () => {}) => {
  const did = { steps: 0, left: false };
  function* work() {
    try {
      for (; did.steps < steps; did.steps++) yield;
      ends();
    } finally {
      did.left = true;
    }
  }
  return { did, work: gradually(work(), virtualClock()) };
};
const turns = async (n: number) => {
  for (let i = 0; i < n; i++) await yieldToEventLoop();
};

it('a small work is done when it has begun', async () => {
  const { work } = workOf(200);
  expect(work.isDone()).toBe(false);
  work.begin();
  expect(work.isDone()).toBe(true);
  await work.done;
});

it('K45: a large work gives way to others again and again', async () => {
  const { did, work } = workOf(20_000);
  work.begin();
  const seen = [did.steps];
  while (!work.isDone()) {
    await yieldToEventLoop();
    seen.push(did.steps);
  }
  await work.done;
  const most = Math.max(...seen.map((steps, i) => steps - (seen[i - 1] ?? 0)));
  expect([did.steps, most]).toEqual([20_000, 1000]);
});

it('whoever cannot wait has it done at once', async () => {
  const { did, work } = workOf(20_000);
  work.begin();
  work.finish();
  expect([did.steps, work.isDone()]).toEqual([20_000, true]);
  work.finish();
  await work.done;
});

it('what goes wrong is thrown by the first slice, and told to who waits by a later one', async () => {
  const wrong = () => {
    throw new Error('broken');
  };
  expect(() => workOf(10, wrong).work.begin()).toThrow('broken');
  const { work } = workOf(5_000, wrong);
  work.begin();
  await expect(work.done).rejects.toThrow('broken');
  expect(work.isDone()).toBe(false);
});

it('a work that is stopped is left, and what it held is let go of', async () => {
  const { did, work } = workOf(20_000);
  work.begin();
  work.stop();
  await turns(10);
  expect(did).toEqual({ steps: 999, left: true });
  expect(work.isDone()).toBe(false);
});
