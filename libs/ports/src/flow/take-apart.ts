// Finds out which event of a slice cannot be taken: each key by itself, then each event of the key that fails. An event is
// at fault only where store and views take writes and it alone is refused; whatever else is in the way is thrown, and counts
// for nobody. Never: an event that is set aside because a store was full or damaged.
import { yieldToEventLoop, type Json } from '@drover/kernel';
import { byKey, parkedRow, type ParkedRow } from './parked-rows.js';
import type { ParkingOptions } from './parking.js';
import { isTrouble } from './trouble.js';

/** What it takes. `park`: puts rows aside. */
interface TakingApart<Entry> extends Pick<
  ParkingOptions<Entry>,
  'reader' | 'clock' | 'report' | 'keyOf' | 'idOf' | 'fold'
> {
  readonly park: (rows: readonly ParkedRow[]) => Promise<void>;
}

/** Takes what can be taken of some entries. */
export const takingApart = <Entry>({ reader, clock, report, keyOf, idOf, fold, park }: TakingApart<Entry>) => {
  const rowOf = (source: string, entry: Entry) => ({
    ...{ key: keyOf(entry), source, id: idOf(entry), entry: entry as Json },
  });

  /** Takes some alone; the error that is its own, null when it was taken. */
  const own = async (source: string, entries: readonly Entry[]): Promise<{ readonly error: unknown } | null> => {
    try {
      await fold(source, entries, null);
      return null;
    } catch (error) {
      if (isTrouble(error)) throw error;
      await fold(source, [], null); // store and views take writes: else this throws, and nothing counts
      return { error };
    }
  };

  /** Takes each key for itself, and parks from the entry on that fails. */
  const takeApart = async (source: string, entries: readonly Entry[]) => {
    for (const mine of byKey(entries, keyOf)) {
      if (!(await own(source, mine))) continue;
      for (const [i, entry] of mine.entries()) {
        const failed = await own(source, [entry]);
        if (!failed) continue;
        report(`${reader}: ${keyOf(entry)}`, failed.error);
        const at = clock.now();
        const rows = mine.slice(i).map((each, n) => parkedRow(rowOf(source, each), at, n === 0 ? failed : null));
        await park(rows);
        break;
      }
      await yieldToEventLoop();
    }
  };
  return { rowOf, own, takeApart };
};
