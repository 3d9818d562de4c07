// Of what time an answer from the views is, and whether it is out of date. Never: `now` where something was not told.
import { Instant, type VmId } from '@drover/kernel';
import type { Clock } from '@drover/ports';
import { parkedEvent, type ParkedViews } from './parked-views.js';
import type { Shown } from './views.js';
import type { Freshness } from './freshness.js';

/** What an answer from the views is of. */
export interface Moment {
  /** The time up to which the views have been told; of the past: the time that was asked for. */
  readonly at: Instant;
  /** Whether the views are so far behind that their rows may be out of date. */
  readonly aged: boolean;
  /** Up to when a machine was told, if an event of it could not be taken; null when all of them were. */
  readonly parkedAt: (vmId: VmId) => Instant | null;
  /** The machine as it was: nothing of that is out of date. */
  readonly past?: true;
}

/** How far behind views may be before they say that they are: as long as an answer waits for them. */
const AGED_MS = 2000;

/** What was read at a time from views that had been told up to another. */
export const momentAt = (told: Instant, now: Instant, parkedAt: Moment['parkedAt'] = () => null): Moment => ({
  at: told,
  parkedAt,
  aged: Instant.msBetween(told, now) > AGED_MS,
});

/** What the present moment is told by. */
export interface MomentPorts {
  readonly clock: Clock;
  readonly freshness: Freshness;
  readonly shown: () => Shown;
  readonly parked: ParkedViews;
}

/** Up to, and not including, the first event that a row lacks. */
export const parkedAtIn =
  (parked: ParkedViews): Moment['parkedAt'] =>
  (vmId) => {
    const head = parked.head(vmId);
    return head && Instant.plusSeconds(parkedEvent(head.entry)?.time ?? head.firstAt, -0.001);
  };

/** The present moment, as far as the views have been told of it. */
export const momentOf =
  ({ clock, freshness, shown, parked }: MomentPorts) =>
  (): Moment => {
    const now = clock.now();
    return momentAt(freshness.asOf(now, shown().at), now, parkedAtIn(parked));
  };
