// The number and the time of a reading. Never: taken when the answer comes; a reading is of the moment in which it was sent.
import type { ReadMoment } from '@drover/kernel';
import type { Clock, ReadCounter } from '@drover/ports';

/** What numbers and dates readings. */
export interface Timing {
  readonly clock: Clock;
  readonly reads: ReadCounter;
}

/** The moment of a reading whose request is sent now. */
export const momentOf = ({ clock, reads }: Timing): ReadMoment => ({ ...reads.next(), observedAt: clock.now() });
