// The laws of a job queue: one worker for a key at a time, no nudge lost, back-off after an error. Never: a law about what a
// job carries; it carries a key and nothing else.
import { expect } from '@jest/globals';
import { lawsApart, type Laws } from '../laws/testing.js';
import type { JobQueue } from './job-queue.js';

/** What the suite runs on: an empty queue, and a way to let time pass on its clock. */
export interface JobQueueBench {
  readonly queue: JobQueue;
  pass(ms: number): Promise<void>;
}

/** The laws every job queue keeps, each with its test. */
export const jobQueueLaws = {
  'hands every key that was nudged to the worker, whichever came first': async ({ queue, pass }) => {
    const done: string[] = [];
    queue.nudge('look', 'a');
    queue.work('look', async (key) => void done.push(key));
    queue.nudge('look', 'b');
    queue.nudge('other', 'c');
    await pass(50);
    expect(done.sort()).toEqual(['a', 'b']);
    await queue.stop();
  },

  'makes one look of nudges that wait, at the earliest moment': async ({ queue, pass }) => {
    let looks = 0;
    queue.work('look', async () => void looks++);
    queue.nudge('look', 'a', 5_000);
    queue.nudge('look', 'a', 100);
    queue.nudge('look', 'a', 9_000);
    await pass(50);
    expect(looks).toBe(0);
    await pass(100);
    expect(looks).toBe(1);
    await pass(10_000);
    expect(looks).toBe(1);
    await queue.stop();
  },

  'never works on one key twice at once, and looks again after a nudge that came meanwhile': async ({
    queue,
    pass,
  }) => {
    let [now, most, looks] = [0, 0, 0];
    let finish = () => {};
    queue.work('look', async () => {
      looks += 1;
      most = Math.max(most, ++now);
      if (looks === 1) await new Promise<void>((done) => (finish = done));
      now -= 1;
    });
    queue.nudge('look', 'a');
    await pass(20);
    queue.nudge('look', 'a');
    queue.nudge('look', 'a');
    await pass(20);
    expect(looks).toBe(1);
    finish();
    await pass(50);
    expect([looks, most]).toEqual([2, 1]);
    await queue.stop();
  },

  'looks again at the earliest of the moments asked for meanwhile, and no later for having thrown or been nudged':
    async ({ queue, pass }) => {
      const looks: string[] = [];
      const finish: (() => void)[] = [];
      queue.work('look', async (key) => {
        looks.push(key);
        if (looks.filter((each) => each === key).length > 1) return;
        await new Promise<void>((done) => finish.push(done));
        if (key !== 'sound') throw new Error('not yet');
      });
      for (const key of ['sound', 'throws', 'throws, nudged for later']) queue.nudge('look', key);
      await pass(20);
      for (const key of ['sound', 'throws'])
        for (const delayMs of [3_600_000, 0, 7_200_000]) queue.nudge('look', key, delayMs);
      queue.nudge('look', 'throws, nudged for later', 3_600_000);
      finish.forEach((done) => done());
      await pass(1);
      expect(looks.slice(3)).toEqual(expect.arrayContaining(['sound', 'throws'])); // the back-off may be as short
      await pass(60_000);
      expect(looks.slice(3).sort()).toEqual(['sound', 'throws', 'throws, nudged for later']);
      await queue.stop();
    },

  'calls a handler that threw again': async ({ queue, pass }) => {
    let looks = 0;
    queue.work('look', async () => {
      if (++looks < 3) throw new Error('not yet');
    });
    queue.nudge('look', 'a');
    await pass(5_000);
    expect(looks).toBe(3);
    await queue.stop();
  },

  'works on no more keys at once than it was told': async ({ queue, pass }) => {
    let [now, most] = [0, 0];
    const finish: (() => void)[] = [];
    queue.work(
      'look',
      async () => {
        most = Math.max(most, ++now);
        await new Promise<void>((done) => finish.push(done));
        now -= 1;
      },
      2,
    );
    for (const key of ['a', 'b', 'c', 'd']) queue.nudge('look', key);
    for (let i = 0; i < 4; i++) {
      await pass(20);
      finish.shift()?.();
    }
    await pass(20);
    expect([most, now]).toEqual([2, 0]);
    await queue.stop();
  },

  'calls a handler that goes on throwing later and later': async ({ queue, pass }) => {
    let looks = 0;
    queue.work('look', async () => {
      looks += 1;
      throw new Error('never');
    });
    queue.nudge('look', 'a');
    await pass(5_000);
    expect(looks).toBeGreaterThan(2);
    expect(looks).toBeLessThan(100);
    await queue.stop();
  },

  'names the keys whose worker throws, and why, until it gets on': async ({ queue, pass }) => {
    let broken = true;
    queue.work('look', async (key) => {
      if (broken && key === 'a') throw new Error('no');
    });
    queue.nudge('look', 'a');
    queue.nudge('look', 'b');
    await pass(20);
    expect(queue.failing()).toMatchObject([{ job: 'look', key: 'a', error: 'no' }]);
    expect(queue.failing()[0]?.failures).toBeGreaterThan(0);
    broken = false;
    await pass(120_000);
    expect(queue.failing()).toEqual([]);
    await queue.stop();
  },

  'stops: aborts what runs, waits for it, takes no more': async ({ queue, pass }) => {
    const seen: string[] = [];
    queue.work('look', async (key, signal) => {
      seen.push(`${key} begins`);
      await new Promise((done) => signal.addEventListener('abort', done));
      await new Promise((done) => setImmediate(done)); // its end takes a moment
      seen.push(`${key} ends`);
    });
    queue.nudge('look', 'a');
    queue.nudge('look', 'b', 100);
    await pass(20);
    await queue.stop();
    expect(seen).toEqual(['a begins', 'a ends']);
    queue.nudge('look', 'c');
    await pass(200);
    expect(seen).toEqual(['a begins', 'a ends']);
  },
} satisfies Laws<JobQueueBench>;

/** Runs the laws. An adapter's own spec is one call to this function. */
export const jobQueueContract = (name: string, open: () => Promise<JobQueueBench>) =>
  lawsApart(`${name} keeps the laws of the job queue`, jobQueueLaws, open);
