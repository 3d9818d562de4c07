// Notices that somebody set the time of day, by comparing it with the time that passed. Never: a correction of the clock;
// who reckons with stored instants takes the leap off.
import { Instant } from '@drover/kernel';
import type { Clock } from './clock.js';

/** How often the time of day is compared with the time that passed. */
const LOOK_MS = 1000;
/** A time server moves it a little all the time; what is more than this was set. */
const STEP_MS = 2000;

/** Somebody set the time of day: what it would have been, and by how many milliseconds it is later now, or earlier. */
export interface WallStep {
  readonly expected: Instant;
  readonly ms: number;
}

/** Notices when the time of day is set. */
export interface WallSteps {
  /**
   * By how much it was set forward since an instant, in milliseconds: so much of the time between then and now has not
   * passed. Windows that a stored instant begins are reckoned without it, so none of them ends early.
   */
  leapt(since: Instant): number;
  stop(): void;
}

/** Watches a clock, and tells of each step once. */
export const watchWallSteps = (clock: Clock, tell: (step: WallStep) => void): WallSteps => {
  const leaps: WallStep[] = [];
  let last = { wall: clock.now(), monotonic: clock.monotonic() };
  const look = () => {
    const next = { wall: clock.now(), monotonic: clock.monotonic() };
    const expected = Instant.plusSeconds(last.wall, (next.monotonic - last.monotonic) / 1000);
    last = next;
    const step = { expected, ms: Instant.msBetween(expected, next.wall) };
    if (Math.abs(step.ms) < STEP_MS) return;
    if (step.ms > 0) leaps.push(step);
    tell(step);
  };
  const again = (): (() => void) =>
    clock.after(LOOK_MS, () => {
      look();
      cancel = again();
    });
  let cancel = again();
  return {
    leapt: (since) => {
      look();
      return leaps.reduce((sum, { expected, ms }) => (expected >= since ? sum + ms : sum), 0);
    },
    stop: () => cancel(),
  };
};
