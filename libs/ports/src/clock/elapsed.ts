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
   * instant says, but not in the future, nor longer than `wholeMs` ago.
   */
  since(key: string, began: Instant, wholeMs: number): number;
  forget(key: string): void;
}

/** Remembers nothing yet. */
export const elapsedOn = (clock: Clock): Elapsed => {
  const begun = recentMap<string, number>(MOST);
  return {
    begins: (key) => void begun.set(key, clock.monotonic()),
    since: (key, began, wholeMs) => {
      const now = clock.monotonic();
      const seen = begun.get(key);
      if (seen !== undefined) return now - seen;
      const ago = Math.min(Math.max(0, Instant.msBetween(began, clock.now())), Math.max(0, wholeMs));
      begun.set(key, now - ago);
      return ago;
    },
    forget: (key) => void begun.delete(key),
  };
};
