// What the gateway does beside its readers: count the fleet, and drop operations that are too old. Never: work for which
// whoever reads has to wait.
import type { Clock, ServiceShift } from '@drover/ports';
import { HOUR_MS } from '../housekeeping.policy.js';

/** What a shift does besides. `count`: counts the fleet, for its metrics. `tidy`: drops operations that are too old. */
interface ReadingShiftPorts {
  readonly clock: Clock;
  readonly report: (where: string, error: unknown) => void;
  readonly count: () => Promise<unknown>;
  readonly tidy: () => Promise<unknown>;
}

/**
 * The shift of the gateway's views, whoever writes them: the fleet is counted once by whoever follows, and anew by whoever
 * takes over. The policy drops old operations for the one process that reads; in views of another shape they are dropped
 * here, at most once an hour.
 */
export const readingShift = (own: ServiceShift, { clock, report, count, tidy }: ReadingShiftPorts): ServiceShift => {
  let counted = false;
  const countOnce = async () => {
    if (!counted) await count();
    counted = true;
  };
  let tidied = -Infinity;
  const tidyHourly = () => {
    if (clock.monotonic() - tidied < HOUR_MS) return;
    tidied = clock.monotonic();
    void tidy().catch((error: unknown) => report('old operations', error)); // whoever waits for views need not wait for that
  };
  return {
    ...own,
    takeOver: async (isHeld) => {
      await own.takeOver(isHeld);
      await count();
    },
    keepUp: async (isHeld) => {
      if (!(await own.keepUp(isHeld))) return false;
      tidyHourly();
      await countOnce();
      return true;
    },
    follow: async () => {
      await own.follow();
      await countOnce();
    },
  };
};
