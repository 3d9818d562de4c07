// The clock of this machine: the time of day as it is set, and a count that only grows. Never: a timer that lets the process
// end while somebody waits for it.
import { systemNow } from '@drover/kernel';
import type { Clock } from '@drover/ports';

/** Node's timers hold 31 bits: a longer wait is made of several. */
const LONGEST_MS = 2 ** 31 - 1;

/** This machine's clock. What waits keeps the process alive: a start that waits for something must not end in silence. */
export const localClock = (): Clock => ({
  now: systemNow,
  monotonic: () => performance.now(),
  after: (ms, call) => {
    let timer: NodeJS.Timeout;
    const wait = (left: number) => {
      const part = Math.min(left, LONGEST_MS);
      timer = setTimeout(() => (left > part ? wait(left - part) : call()), part);
    };
    wait(Math.max(0, ms));
    return () => clearTimeout(timer);
  },
});
