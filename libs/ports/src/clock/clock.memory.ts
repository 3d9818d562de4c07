// The clock of specs: time passes when a spec says so, and what falls due is called in order. Never: a timer of the machine;
// a spec that waits for one is slow, or lucky.
import { Instant } from '@drover/kernel';
import type { Clock } from './clock.js';

/** A clock that stands still until it is told to go on. */
export interface VirtualClock extends Clock {
  /** Lets time pass: calls what falls due, in order, each at its own moment, and lets what it started settle in between. */
  advance(ms: number): Promise<void>;
  /** Sets the time of day so much later, or earlier, as a person does or a time server. No time passes. */
  jump(ms: number): void;
}

/** Lets everything that is ready to run, run: promises, and what they start. */
const settle = async () => {
  for (let i = 0; i < 3; i++) await new Promise<void>((done) => setImmediate(done));
};

/** The virtual clock. */
export const virtualClock = (start: Instant = Instant.parse('2026-01-01T00:00:00Z')): VirtualClock => {
  let passed = 0;
  let set = 0;
  let order = 0;
  const due = new Map<number, { readonly at: number; readonly call: () => void }>();
  return {
    now: () => Instant.plusSeconds(start, (passed + set) / 1000),
    monotonic: () => passed,
    after: (ms, call) => {
      const id = order++;
      due.set(id, { at: passed + Math.max(0, ms), call });
      return () => void due.delete(id);
    },
    jump: (ms) => void (set += ms),
    advance: async (ms) => {
      const until = passed + ms;
      for (;;) {
        await settle();
        const [next] = [...due].filter(([, { at }]) => at <= until).sort(([a, x], [b, y]) => x.at - y.at || a - b);
        if (!next) break;
        due.delete(next[0]);
        passed = Math.max(passed, next[1].at);
        next[1].call();
      }
      passed = until;
      await settle();
    },
  };
};
