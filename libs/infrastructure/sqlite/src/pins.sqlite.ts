// Which revisions of a group somebody may still be reading a list of. Only what was shown is kept, for ten minutes
// after it stopped being the present: views that change all the time cost nothing while nobody pages.
import { PageExpired, type Clock } from '@drover/ports';

const KEPT_MS = 600_000;

/** The pins of one group. */
export const pinsOf = (clock: Clock) => {
  const shown = new Map<number, number | null>(); // when it stopped being the present; null: it still is
  let newest = 0;
  const isKept = (revision: number) => {
    const ended = shown.get(revision);
    return ended === null || (ended !== undefined && clock.monotonic() - ended < KEPT_MS);
  };
  return {
    /** Somebody was told this present revision. */
    show: (revision: number) => {
      if (shown.has(revision)) return;
      shown.set(revision, null);
      newest = revision;
    },
    /** The revision to read: the present one, or one that is still kept. */
    must: (at: number | undefined, present: number): number => {
      if (at === undefined || at === present) return present;
      if (!isKept(at)) throw new PageExpired(`revision ${at} is not kept`);
      return at;
    },
    /**
     * The present one is over. Says the oldest and the newest revision that are kept; none: nothing of the past is
     * needed.
     */
    turn: (present: number): { readonly oldest: number; readonly newest: number } | null => {
      if (shown.get(present) === null) shown.set(present, clock.monotonic());
      for (const oldest of shown.keys()) {
        if (isKept(oldest)) return { oldest, newest }; // they came in order, so the rest is kept as well
        shown.delete(oldest);
      }
      return null;
    },
    forget: () => shown.clear(),
  };
};
