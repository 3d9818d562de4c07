import type { DeadLetter, Service } from '@drover/contracts';
import { yieldToEventLoop, type Json, type LetterId } from '@drover/kernel';
import type { Clock } from '../clock/clock.js';
import type { WorkStore } from '../work-store/work-store.js';
import { parkedKeys } from './parked-keys.js';
import {
  byKey,
  isClosedStream,
  isDead,
  isLetter,
  letterId,
  letterOf,
  parkedError,
  parkedRow,
  TRIES,
  unreadableRow,
  waitsForStream,
  type Parked,
  type ParkedRow,
} from './parked-rows.js';
import type { Move } from '../view-store/view-store.js';
import type { ReadSlice } from './log-reader.js';
import { isTrouble } from './trouble.js';
import type { InTurn } from './turns.js';

/** What parking takes. */
export interface ParkingPorts {
  readonly work: WorkStore;
  readonly clock: Clock;
  readonly report: (where: string, error: unknown) => void;
}

/** A reader whose events can be parked. */
export interface ParkingOptions<Entry> extends ParkingPorts {
  readonly service: Service;
  readonly reader: string;
  /** The name of the group that it writes: what views of one shape cannot take is no matter of another's. */
  readonly views?: string;
  readonly keyOf: (entry: Entry) => string;
  readonly idOf: (entry: Entry) => string;
  /**
   * Takes entries of a source, and moves its position; `move` null: it stays where it is. A repeat must change nothing.
   * What it throws of one entry alone, time after time, is that entry's fault.
   */
  readonly fold: (source: string, entries: readonly Entry[], move: Move | null) => Promise<void>;
  /** One thing at a time: the reader's own, so that retries and what it reads are taken one after the other. */
  readonly turn: InTurn;
}

/** Reads a commit again that could not be parsed. */
export type ReadAgain<Entry> = (source: string, position: number) => Promise<readonly Entry[]>;

/**
 * What came of a replay. `gone`: the letter's event is not what its key waits for. `failed`: it still cannot be taken.
 * `held`: it was taken, and one that waited behind it cannot be.
 */
export type Replayed =
  | { readonly is: 'taken' | 'gone' }
  | { readonly is: 'failed' | 'held'; readonly why: string }
  /** Another process takes what is parked of this reader. */
  | { readonly is: 'elsewhere' };

/** What a reader could not take, by key. Other keys go on. */
export interface Parking<Entry = never> {
  readonly reader: string;
  /** Takes a slice. To be called within the reader's turn. */
  take(slice: ReadSlice<Entry> & { readonly source: string }): Promise<void>;
  /** The event that a parked key waits for; null of a key that is not parked. Known once `load` has resolved. */
  head(key: string): ParkedRow | null;
  /** How many keys are parked. */
  size(): number;
  load(): Promise<void>;
  /** How a commit is read again, for a replay. */
  readAgain(read: ReadAgain<Entry>): void;
  /** Whether this process takes what is parked: where another one does, it is only shown. Without it this one does. */
  fence(isMine: () => boolean): void;
  /** The parked keys that are not tried again by themselves, or wait for a stream that takes nothing. */
  letters(): Promise<readonly DeadLetter[]>;
  /** Takes the event of a letter and what waits behind it, in order. */
  replay(id: LetterId): Promise<Replayed>;
  /** Gives up the event of a letter, then takes what waits behind it; false when there is no such letter any more. */
  discard(id: LetterId): Promise<boolean | 'elsewhere'>;
  /** Of a reader that begins a source anew, or all: it judges anew. To be called within the reader's turn. */
  forget(source?: string): Promise<void>;
  /** Another process may write what is parked from now on: it is read again before it is used. */
  leave(): void;
  stop(): void;
}

const BASE_MS = 200;
/** How long a stream that takes nothing is left alone. */
const CLOSED_MS = 30_000;
const AT_ONCE = 100;

/**
 * Parks what a reader cannot take. An event that fails alone, while store and views take writes, is put aside with what
 * follows it of its key; it is tried five times with back-off, then it is a dead letter. Where the stream that it concerns
 * takes nothing, its key alone waits for that, however long.
 */
export const parkingOf = <Entry>(options: ParkingOptions<Entry>): Parking<Entry> => {
  const { service, reader, views, work, clock, report, keyOf, idOf, fold, turn } = options;
  // An older release, which had views of one shape at a time, kept those of a reader in one place.
  const older = `parked ${reader}`;
  const parked = parkedKeys(work, views === undefined ? { kind: older } : { kind: `parked ${views}`, older });
  const timers = new Map<string, () => void>();
  let loading: Promise<void> | null = null;
  let again: ReadAgain<Entry> = () => Promise.reject(new Error('it cannot be read again'));
  let stopped = false;
  let isMine = () => true;

  const load = () =>
    (loading ??= parked.load().then(
      () => parked.keys().forEach(schedule),
      (error: unknown) => {
        loading = null;
        throw error;
      },
    ));

  const schedule = (key: string) => {
    const head = parked.head(key);
    if (!head || isDead(head) || stopped || timers.has(key) || !isMine()) return;
    const retry = () => {
      timers.delete(key);
      if (!isMine()) return; // whoever reads now tries it
      // Where the store is in the way, that does not count.
      void turn(() => retake(key)).catch((error: unknown) => report(`${reader}: ${key}`, error));
    };
    const ms = waitsForStream(head) ? CLOSED_MS : BASE_MS * 2 ** head.attempts;
    timers.set(key, clock.after(ms, retry));
  };

  const rest = () => {
    for (const cancel of timers.values()) cancel();
    timers.clear();
  };

  const park = async (rows: readonly ParkedRow[]) => {
    await parked.park(rows);
    for (const { key } of rows) schedule(key);
  };

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

  const entriesOf = async ({ row }: Parked) =>
    row.unreadable ? await again(row.source, row.unreadable.position) : [row.entry as Entry];

  /** Why one parked event still cannot be taken; null when it was. */
  const retry = async (each: Parked) => {
    let entries: readonly Entry[];
    try {
      entries = await entriesOf(each);
    } catch (error) {
      if (isTrouble(error)) throw error;
      return { error };
    }
    return own(each.row.source, entries);
  };

  /** Takes the parked events of a key again, in order, as far as they go: why no further, null when all were taken. */
  const takenAgain = async (key: string): Promise<string | null> => {
    for (let most = 1; parked.has(key) && !stopped; most = AT_ONCE) {
      const some = await parked.first(key, most); // the first alone before others are read: it may still fail
      let done = 0;
      let failed: { readonly error: unknown } | null = null;
      for (const each of some) {
        failed = await retry(each);
        if (failed) break;
        done += 1;
      }
      const head = some[done];
      if (failed && head) {
        const { attempts: before, firstAt, error } = head.row;
        const at = clock.now();
        const attempts = before + (isClosedStream(failed.error) ? 0 : 1); // that is not the event's fault
        const row = { ...head.row, error: parkedError(failed.error), attempts, lastAt: at };
        const first = { ...row, firstAt: error === null ? at : firstAt };
        await parked.drop(key, done, { ...head, row: first });
        if (attempts > before && attempts === TRIES) report(`${reader}: ${key} is parked`, failed.error);
        return parkedError(failed.error).detail;
      }
      await parked.drop(key, done);
      await yieldToEventLoop();
    }
    return parked.has(key) ? 'the process stops' : null;
  };

  /** The same; what is left has a time of its own, also where the store was in the way. */
  const retake = (key: string) => takenAgain(key).finally(() => schedule(key));

  const isAt = (key: string, id: LetterId) => {
    const head = parked.head(key);
    return head !== null && letterId(reader, head) === id;
  };

  /** The key that waits for the event of a letter; none when that was taken or given up meanwhile. */
  const keyFor = (id: LetterId) => parked.keys().find((key) => isAt(key, id));

  return {
    reader,
    take,
    load,
    head: parked.head,
    size: parked.size,
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
    leave: () => {
      rest();
      loading = null;
      parked.unload();
    },
    stop: () => {
      stopped = true;
      rest();
    },
  };
};
