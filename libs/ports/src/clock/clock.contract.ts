import { describe, expect, it } from '@jest/globals';
import { sleep, type Clock } from './clock.js';

/** The laws every clock keeps. `open` gives one and a way to let 20 ms pass on it. */
export const clockContract = (name: string, open: () => { clock: Clock; pass: () => Promise<void> }) =>
  describe(`${name} keeps the laws of the clock`, () => {
    it('goes on, in both of its ways of counting', async () => {
      const { clock, pass } = open();
      const [now, monotonic] = [clock.now(), clock.monotonic()];
      await pass();
      expect(clock.now() > now).toBe(true);
      expect(clock.monotonic()).toBeGreaterThanOrEqual(monotonic + 19);
    });

    it('calls once, when the time has come, in order; and not when it was called off', async () => {
      const { clock, pass } = open();
      const calls: string[] = [];
      clock.after(10, () => calls.push('second'));
      clock.after(1, () => calls.push('first'));
      clock.after(5, () => calls.push('never'))();
      expect(calls).toEqual([]);
      await pass();
      await pass();
      expect(calls).toEqual(['first', 'second']);
    });

    it('ends a sleep early when it is aborted', async () => {
      const { clock } = open();
      const stop = new AbortController();
      const slept = sleep(clock, 60_000, stop.signal);
      stop.abort(new Error('enough'));
      await expect(slept).rejects.toThrow('enough');
      await expect(sleep(clock, 1, stop.signal)).rejects.toThrow('enough');
    });
  });
