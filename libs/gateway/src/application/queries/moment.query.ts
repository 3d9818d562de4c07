import { Instant } from '@drover/kernel';
import type { Clock } from '@drover/ports';
import type { Shown } from '../projections/views.projection.js';
import type { Freshness } from './freshness.query.js';

/** What an answer from the views is of. */
export interface Moment {
  /** The time up to which the views have been told; of the past: the time that was asked for. */
  readonly at: Instant;
  /** Whether the views are so far behind that their rows may be out of date. */
  readonly aged: boolean;
  /** The machine as it was: nothing of that is out of date. */
  readonly past?: true;
}

/** How far behind views may be before they say that they are: as long as an answer waits for them. */
const AGED_MS = 2000;

/** What was read at a time from views that had been told up to another. */
export const momentAt = (told: Instant, now: Instant): Moment => ({
  at: told,
  aged: Instant.msBetween(told, now) > AGED_MS,
});

/** The present moment, as far as the views have been told of it. */
export const momentOf =
  ({ clock, freshness, shown }: { clock: Clock; freshness: Freshness; shown: () => Shown }) =>
  (): Moment => {
    const now = clock.now();
    return momentAt(freshness.asOf(now, shown().at), now);
  };
