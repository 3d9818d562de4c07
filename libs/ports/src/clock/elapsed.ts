// How long ago something began, for deadlines that must not move with the time of day. Never: a difference of two times of
// day, where this process saw the beginning.
import { Instant } from '@drover/kernel';
import { recentMap } from '../recent-map.js';
import type { Clock } from './clock.js';

/** How many are remembered; of one that was forgotten the time of day is asked again. */
const MOST = 100_000;

/** How long ago things began, on the monotonic clock: the time of day may be set meanwhile, and that changes nothing. */
export interface Elapsed {
  /** Something begins now. */
  begins(key: string): void;
  /**
   * Milliseconds since it began. Of what this process did not see begin the time of day is asked, once: as long ago as its
   * instant says, less what the clock was seen to leap since, but not in the future, nor longer than `wholeMs` ago.
   */
  since(key: string, began: Instant, wholeMs: number): number;
  forget(key: string): void;
}

/** By the time of day, how long ago an instant was, in milliseconds; by how much the clock was set forward since has not passed. */
export const agoOn = (clock: Clock, leapt: (since: Instant) => number, since: Instant, wholeMs: number) =>
  Math.min(Math.max(0, Instant.msBetween(since, clock.now()) - leapt(since)), Math.max(0, wholeMs));

/** Remembers nothing yet. `leapt`: by how many milliseconds the time of day was set forward since an instant. */
export const elapsedOn = (clock: Clock, leapt: (since: Instant) => number = () => 0): Elapsed => {
  const begun = recentMap<string, number>(MOST);
  return {
    begins: (key) => void begun.set(key, clock.monotonic()),
    since: (key, began, wholeMs) => {
      const now = clock.monotonic();
      const seen = begun.get(key);
      if (seen !== undefined) return now - seen;
      const ago = agoOn(clock, leapt, began, wholeMs);
      begun.set(key, now - ago);
      return ago;
    },
    forget: (key) => void begun.delete(key),
  };
};
