// The laws of a clock: it goes on, calls in order, and does not follow the time of day. Run by the system's clock and by the
// virtual one that all specs use, so a spec on virtual time says something of real time. Never: an upper bound of a few
// milliseconds in a law; a busy machine is late.
import { expect } from '@jest/globals';
import { Instant } from '@drover/kernel';
import { lawsApart, type Laws } from '../laws/testing.js';
import { sleep, type Clock } from './clock.js';

/** What the suite runs on: a clock, a way to let 20 ms pass on it, and one to set its time of day so many ms later. */
export interface ClockBench {
  readonly clock: Clock;
  pass(): Promise<void>;
  jump(ms: number): void;
}

/** The laws every clock keeps, each with its test. */
export const clockLaws = {
  'goes on, in both of its ways of counting': async ({ clock, pass }) => {
    const [now, monotonic] = [clock.now(), clock.monotonic()];
    await pass();
    expect(clock.now() > now).toBe(true);
    expect(clock.monotonic()).toBeGreaterThanOrEqual(monotonic + 19);
  },

  'calls once, in order, and not when it was called off': async ({ clock, pass }) => {
    const calls: string[] = [];
    clock.after(10, () => calls.push('second'));
    clock.after(1, () => calls.push('first'));
    clock.after(5, () => calls.push('never'))();
    expect(calls).toEqual([]);
    await pass();
    await pass();
    expect(calls).toEqual(['first', 'second']);
  },

  'calls when the time has come, and not before': async ({ clock, pass }) => {
    const begun = clock.monotonic();
    const called: number[] = [];
    clock.after(16, () => called.push(clock.monotonic() - begun));
    await pass();
    await pass();
    expect(called).toHaveLength(1);
    expect(called[0]).toBeGreaterThanOrEqual(15); // timers count whole milliseconds
  },

  'T-CLK-1: waits and counts on, however the time of day is set': async ({ clock, pass, jump }) => {
    for (const hours of [1, -24]) {
      const [now, monotonic] = [clock.now(), clock.monotonic()];
      let called = 0;
      clock.after(10, () => called++);
      jump(hours * 3_600_000);
      expect(called).toBe(0);
      expect(Instant.msBetween(now, clock.now()) / 3_600_000).toBeCloseTo(hours, 2);
      await pass();
      await pass();
      expect(called).toBe(1);
      expect(clock.monotonic()).toBeGreaterThanOrEqual(monotonic + 38);
      expect(clock.monotonic()).toBeLessThan(monotonic + 60_000);
    }
  },

  'ends a sleep early when it is aborted': async ({ clock }) => {
    const stop = new AbortController();
    const slept = sleep(clock, 60_000, stop.signal);
    stop.abort(new Error('enough'));
    await expect(slept).rejects.toThrow('enough');
    await expect(sleep(clock, 1, stop.signal)).rejects.toThrow('enough');
  },
} satisfies Laws<ClockBench>;

/** Runs the laws. An adapter's own spec is one call to this function. */
export const clockContract = (name: string, open: () => ClockBench) =>
  lawsApart(`${name} keeps the laws of the clock`, clockLaws, open);
