// Parks what a reader cannot take: an event that fails alone, with what follows it of its key. Other keys go on. What is
// parked stands in the working rows of the service; here only the first of each key is kept.
// Never: an event parked because a store, another process or the time was in the way.
import type { LetterId } from '@drover/kernel';
import { parkedKeys } from './parked-keys.js';
import { isLetter, letterId, letterOf, parkedRow, unreadableRow, type ParkedRow } from './parked-rows.js';
import { parkedRetries } from './parked-retries.js';
import type { Parking, ParkingOptions, ReadAgain } from './parking.js';
import { takingApart } from './take-apart.js';
import { isTrouble } from './trouble.js';

/**
 * Parks what a reader cannot take. An event that fails alone, while store and views take writes, is put aside with what
 * follows it of its key; it is tried five times with back-off, then it is a dead letter. Where the stream that it concerns
 * takes nothing, its key alone waits for that, however long.
 */
export const parkingOf = <Entry>(options: ParkingOptions<Entry>): Parking<Entry> => {
  const { service, reader, views, work, clock, keyOf, fold, turn, hasBegun: areOurs = async () => false } = options;
  // An older release, which had views of one shape at a time, kept those of a reader in one place.
  const older = { kind: `parked ${reader}`, areOurs };
  const parked = parkedKeys(work, views === undefined ? { kind: older.kind } : { kind: `parked ${views}`, older });
  let loading: Promise<void> | null = null;
  let again: ReadAgain<Entry> = () => Promise.reject(new Error('it cannot be read again'));
  let isMine = () => true;

  const park = async (rows: readonly ParkedRow[]) => {
    await parked.park(rows);
    for (const { key } of rows) schedule(key);
  };
  const { rowOf, own, takeApart } = takingApart({ ...options, park });
  const { schedule, retake, rest, stop } = parkedRetries<Entry>({
    ...{ ...options, parked, own },
    again: (...of) => again(...of),
    isMine: () => isMine(),
  });

  const load = () =>
    (loading ??= parked.load().then(
      () => parked.keys().forEach(schedule),
      (error: unknown) => {
        loading = null;
        throw error;
      },
    ));

  const leave = () => {
    rest();
    loading = null;
    parked.unload();
  };

  const take: Parking<Entry>['take'] = async ({ source, entries, from, upTo, unreadable }) => {
    await load();
    const at = clock.now();
    if (unreadable) await park([unreadableRow(unreadable, source, at)]);
    const waits = (entry: Entry) => parked.size() > 0 && parked.has(keyOf(entry));
    const held = entries.filter(waits);
    const free = held.length > 0 ? entries.filter((entry) => !waits(entry)) : entries;
    if (held.length > 0) await park(held.map((entry) => parkedRow(rowOf(source, entry), at)));
    try {
      await fold(source, free, { from, upTo });
    } catch (error) {
      if (isTrouble(error)) throw error;
      await fold(source, [], null);
      await takeApart(source, free);
      await fold(source, [], { from, upTo });
    }
  };

  const isAt = (key: string, id: LetterId) => {
    const head = parked.head(key);
    return head !== null && letterId(reader, head) === id;
  };

  /** The key that waits for the event of a letter; none when that was taken or given up meanwhile. */
  const keyFor = (id: LetterId) => parked.keys().find((key) => isAt(key, id));

  return {
    reader,
    take,
    hold: async (row) => {
      await load();
      if (parked.head(row.key)?.id !== row.id) await park([row]);
    },
    retake,
    load,
    follow: async () => {
      if (loading && (await parked.isCurrent())) return;
      leave();
      await load();
    },
    head: parked.head,
    size: parked.size,
    mark: parked.mark,
    readAgain: (read) => void (again = read),
    fence: (mine) => void (isMine = mine),
    letters: async () => {
      await load();
      return parked.keys().flatMap((key) => {
        const head = parked.head(key);
        return head && isLetter(head) ? [letterOf({ service, reader, head, followers: parked.followers(key) })] : [];
      });
    },
    replay: (id) =>
      turn(async () => {
        if (!isMine()) return { is: 'elsewhere' };
        const key = keyFor(id);
        if (key === undefined) return { is: 'gone' };
        const why = await retake(key);
        return why === null ? { is: 'taken' } : { is: isAt(key, id) ? 'failed' : 'held', why };
      }),
    discard: (id) =>
      turn(async () => {
        if (!isMine()) return 'elsewhere';
        const key = keyFor(id);
        const head = key === undefined ? null : parked.head(key);
        if (key === undefined || !head || !isLetter(head)) return false;
        await parked.drop(key, 1);
        await retake(key);
        return true;
      }),
    forget: async (source) => {
      await load();
      await parked.forget((row) => source === undefined || row.source === source);
      parked.keys().forEach(schedule);
    },
    leave,
    stop,
  };
};
