import type { DeadLetter, Service } from '@drover/contracts';
import { breathe, type Json } from '@drover/kernel';
import type { Clock } from '../clock/clock.js';
import { StoreRefused, StreamMoved } from '../event-store/event-store.js';
import { ProviderFault } from '../provider-fault.js';
import type { WorkStore, WorkWrite } from '../work-store/work-store.js';
import {
  byKey,
  isClosedStream,
  isDead,
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
import type { Slice } from './pump.js';
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
  readonly keyOf: (entry: Entry) => string;
  readonly idOf: (entry: Entry) => string;
  /**
   * Takes entries of a source, and moves its position there; `upTo` null: it stays where it is. A repeat must change
   * nothing. What it throws of one entry alone, time after time, is that entry's fault.
   */
  readonly fold: (source: string, entries: readonly Entry[], upTo: number | null) => Promise<void>;
  /** One thing at a time: the reader's own, so that retries and what it reads are taken one after the other. */
  readonly turn: InTurn;
}

/** Reads a commit again that could not be parsed. */
export type ReadAgain<Entry> = (source: string, position: number) => Promise<readonly Entry[]>;

/** What a reader could not take, by key. Other keys go on. */
export interface Parking<Entry = never> {
  readonly reader: string;
  /** Takes a slice. To be called within the reader's turn. */
  take(slice: Slice<Entry> & { readonly source: string }): Promise<void>;
  /** The event that a parked key waits for; null of a key that is not parked. Known once `load` has resolved. */
  head(key: string): ParkedRow | null;
  /** How many keys are parked. */
  size(): number;
  load(): Promise<void>;
  /** How a commit is read again, for a replay. */
  readAgain(read: ReadAgain<Entry>): void;
  /** The parked keys that are not tried again by themselves, or wait for a stream that takes nothing. */
  letters(): Promise<readonly DeadLetter[]>;
  /** Takes the parked events of a key, in order; why the first of them still cannot be taken, null when all were. */
  replay(id: string): Promise<string | null>;
  /** Gives up the first of them, then takes what follows. */
  discard(id: string): Promise<void>;
  /** Of a reader that begins a source anew, or all: it judges anew. To be called within the reader's turn. */
  forget(source?: string): Promise<void>;
  stop(): void;
}

const BASE_MS = 200;
/** How long a stream that takes nothing is left alone. */
const CLOSED_MS = 30_000;
const AT_ONCE = 100;

/** Errors that say nothing of an event, and hold up every key: the store, the provider or the time was in the way. */
const isTrouble = (error: unknown) =>
  (error instanceof StoreRefused && !isClosedStream(error)) ||
  error instanceof StreamMoved ||
  error instanceof ProviderFault ||
  (error instanceof Error && ['AbortError', 'TimeoutError'].includes(error.name));

/**
 * Parks what a reader cannot take. An event that fails alone, while store and views take writes, is put aside with what
 * follows it of its key; it is tried five times with back-off, then it is a dead letter. Where the stream that it concerns
 * takes nothing, its key alone waits for that, however long.
 */
export const parkingOf = <Entry>(options: ParkingOptions<Entry>): Parking<Entry> => {
  const { service, reader, work, clock, report, keyOf, idOf, fold, turn } = options;
  const kind = `parked ${reader}`;
  const parked = new Map<string, Parked[]>();
  const timers = new Map<string, () => void>();
  let next = 1;
  let loading: Promise<void> | null = null;
  let again: ReadAgain<Entry> = () => Promise.reject(new Error('it cannot be read again'));
  let stopped = false;

  const add = (place: string, row: ParkedRow) => {
    const rows = parked.get(row.key);
    if (rows) rows.push({ place, row });
    else parked.set(row.key, [{ place, row }]);
    next = Math.max(next, Number(place) + 1);
  };
  const fresh = (row: ParkedRow): Parked => ({ place: String(next++).padStart(12, '0'), row });
  const write = (all: readonly Parked[]) =>
    work.write(all.map(({ place, row }): WorkWrite => ({ kind, key: place, row: row as Json })));

  const load = () =>
    (loading ??= work.rows(kind).then(
      (rows) => {
        for (const { key: place, row } of rows) add(place, row as ParkedRow);
        for (const key of parked.keys()) schedule(key);
      },
      (error: unknown) => {
        loading = null;
        throw error;
      },
    ));

  const schedule = (key: string) => {
    const [head] = parked.get(key) ?? [];
    if (!head || isDead(head.row) || stopped || timers.has(key)) return;
    const retry = () => {
      timers.delete(key);
      void turn(() => retake(key)).catch((error: unknown) => {
        report(`${reader}: ${key}`, error); // the store is in the way: that does not count
        schedule(key);
      });
    };
    const ms = waitsForStream(head.row) ? CLOSED_MS : BASE_MS * 2 ** head.row.attempts;
    timers.set(key, clock.after(ms, retry));
  };

  const park = async (rows: readonly ParkedRow[]) => {
    const keys = [...new Set(rows.map(({ key }) => key))];
    const known = new Set(keys.flatMap((key) => parked.get(key) ?? []).map(({ row }) => row.id));
    const all = rows.filter(({ id }) => !known.has(id)).map(fresh); // a repeat after a crash is there already
    await write(all);
    for (const { place, row } of all) add(place, row);
    for (const key of keys) schedule(key);
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
      await breathe();
    }
  };

  const take: Parking<Entry>['take'] = async ({ source, entries, upTo, unreadable }) => {
    await load();
    const at = clock.now();
    if (unreadable) await park([unreadableRow(unreadable, source, at)]);
    const waits = (entry: Entry) => parked.size > 0 && parked.has(keyOf(entry));
    const held = entries.filter(waits);
    const free = held.length > 0 ? entries.filter((entry) => !waits(entry)) : entries;
    if (held.length > 0) await park(held.map((entry) => parkedRow(rowOf(source, entry), at)));
    try {
      await fold(source, free, upTo);
    } catch (error) {
      if (isTrouble(error)) throw error;
      await fold(source, [], null);
      await takeApart(source, free);
      await fold(source, [], upTo);
    }
  };

  /** Leaves of a key what is still to be taken. */
  const keep = async (key: string, gone: readonly Parked[], rest: readonly Parked[]) => {
    const removed = gone.map(({ place }): WorkWrite => ({ kind, key: place, row: null }));
    const head = rest.slice(0, 1).map(({ place, row }): WorkWrite => ({ kind, key: place, row: row as Json }));
    await work.write([...removed, ...head]);
    if (rest.length > 0) parked.set(key, [...rest]);
    else parked.delete(key);
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

  /** Takes the parked events of a key again, in order, as far as they go. */
  const retake = async (key: string): Promise<string | null> => {
    let rest = parked.get(key) ?? [];
    while (rest.length > 0 && !stopped) {
      const some = rest.slice(0, AT_ONCE);
      const done: Parked[] = [];
      let failed: { readonly error: unknown } | null = null;
      for (const each of some) {
        failed = await retry(each);
        if (failed) break;
        done.push(each);
      }
      const [head, ...behind] = rest.slice(done.length);
      if (failed && head) {
        const { attempts: before, firstAt, error } = head.row;
        const at = clock.now();
        const attempts = before + (isClosedStream(failed.error) ? 0 : 1); // that is not the event's fault
        const row = { ...head.row, error: parkedError(failed.error), attempts, lastAt: at };
        const first = { ...row, firstAt: error === null ? at : firstAt };
        await keep(key, done, [{ ...head, row: first }, ...behind]);
        if (attempts > before && attempts === TRIES) report(`${reader}: ${key} is parked`, failed.error);
        schedule(key);
        return parkedError(failed.error).detail;
      }
      rest = rest.slice(done.length);
      await keep(key, done, rest);
      await breathe();
    }
    return null;
  };

  /** The key of a letter, if it is one of ours. */
  const keyFor = (id: string) => {
    for (const key of parked.keys()) if (letterId(reader, key) === id) return key;
    return null; // it was taken meanwhile
  };

  return {
    reader,
    take,
    load,
    head: (key) => parked.get(key)?.[0]?.row ?? null,
    size: () => parked.size,
    readAgain: (read) => void (again = read),
    letters: async () => {
      await load();
      const named = [...parked.values()].filter(([head]) => head && (isDead(head.row) || waitsForStream(head.row)));
      return named.flatMap((rows) => letterOf(service, reader, rows) ?? []);
    },
    replay: (id) =>
      turn(async () => {
        const key = keyFor(id);
        return key === null ? null : retake(key);
      }),
    discard: (id) =>
      turn(async () => {
        const key = keyFor(id);
        if (key === null) return;
        const [head, ...rest] = parked.get(key) ?? [];
        if (head) await keep(key, [head], rest);
        await retake(key);
      }),
    forget: async (source) => {
      await load();
      for (const [key, rows] of [...parked]) {
        const gone = rows.filter(({ row }) => source === undefined || row.source === source);
        if (gone.length > 0)
          await keep(
            key,
            gone,
            rows.filter((each) => !gone.includes(each)),
          );
      }
    },
    stop: () => {
      stopped = true;
      for (const cancel of timers.values()) cancel();
      timers.clear();
    },
  };
};
