import type { Json } from '@drover/kernel';
import { recentMap, type RecentMap } from '../recent-map.js';
import type { WorkStore, WorkWrite } from '../work-store/work-store.js';
import type { Parked, ParkedRow } from './parked-rows.js';

/** How many rows are read at once. */
const PAGE = 500;
/** How many events of a key are known by their ids: a repeat after a crash is one of the latest. */
const RECENT = 1_000;

/** A key: the event that it waits for, and at which places those stand that follow it. Only the first is in memory. */
interface Waiting {
  head: Parked;
  readonly followers: number[];
  /** How many of the followers were taken. */
  passed: number;
  readonly recent: RecentMap<string, true>;
}

/** What a reader has parked, by key. */
export interface ParkedKeys {
  /** Reads what is stored, once. */
  load(): Promise<void>;
  /** What was read may be out of date: it is read again. */
  unload(): void;
  has(key: string): boolean;
  head(key: string): ParkedRow | null;
  followers(key: string): number;
  keys(): readonly string[];
  size(): number;
  /** Stores rows behind those of their keys. What is there already is left out. */
  park(rows: readonly ParkedRow[]): Promise<void>;
  /** The first of a key and those behind it, at most so many. */
  first(key: string, most: number): Promise<readonly Parked[]>;
  /** Removes so many of the first of a key; `head`: what the next one is to be. */
  drop(key: string, count: number, head?: Parked): Promise<void>;
  /** Removes all that fit. */
  forget(fits: (row: ParkedRow) => boolean): Promise<void>;
}

/** The kind of rows. `older`: where an older release kept them; views that begin anew forget those, too. */
export interface KeptIn {
  readonly kind: string;
  readonly older?: string;
}

const placeOf = (n: number) => String(n).padStart(12, '0');

/** Keeps rows of a kind. The cost of an event that is parked does not grow with what is parked before it. */
export const parkedKeys = (work: WorkStore, { kind, older }: KeptIn): ParkedKeys => {
  let parked = new Map<string, Waiting>();
  let next = 1;
  let loading: Promise<void> | null = null;

  const add = ({ place, row }: Parked, to = parked) => {
    const known = to.get(row.key);
    const waiting = known ?? {
      head: { place, row },
      followers: [],
      passed: 0,
      recent: recentMap<string, true>(RECENT),
    };
    if (known) known.followers.push(Number(place));
    else to.set(row.key, waiting);
    waiting.recent.set(row.id, true);
    next = Math.max(next, Number(place) + 1);
  };
  const stored = async function* () {
    for (let from = 0; ;) {
      const rows = await work.rows(kind, { from: placeOf(from), limit: PAGE });
      yield rows.map(({ key: place, row }): Parked => ({ place, row: row as ParkedRow }));
      if (rows.length < PAGE) return;
      from = Number(rows.at(-1)?.key) + 1;
    }
  };
  /** Takes over what an older release parked. */
  const adopt = async () => {
    for (let rows; older !== undefined && (rows = await work.rows(older, { limit: PAGE })).length > 0;)
      await work.write(
        rows.flatMap(({ key, row }): readonly WorkWrite[] => [
          { kind: older, key, row: null },
          { kind, key, row },
        ]),
      );
  };
  const read = async () => {
    await adopt();
    const found = new Map<string, Waiting>();
    for await (const rows of stored()) for (const row of rows) add(row, found);
    parked = found; // what was known stands until then
  };
  const load = () =>
    (loading ??= read().catch((error: unknown) => {
      loading = null;
      throw error;
    }));
  const at = async (place: number): Promise<Parked> => {
    const [found] = await work.rows(kind, { from: placeOf(place), limit: 1 });
    if (Number(found?.key) !== place) throw new Error(`what was parked at ${place} is not there any more`);
    return { place: placeOf(place), row: found?.row as ParkedRow };
  };
  const written = ({ place, row }: Parked): WorkWrite => ({ kind, key: place, row: row as Json });

  return {
    load,
    unload: () => void (loading = null),
    has: (key) => parked.has(key),
    head: (key) => parked.get(key)?.head.row ?? null,
    followers: (key) => {
      const { followers = [], passed = 0 } = parked.get(key) ?? {};
      return followers.length - passed;
    },
    keys: () => [...parked.keys()],
    size: () => parked.size,
    park: async (rows) => {
      const unknown = rows.filter(({ key, id }) => !parked.get(key)?.recent.has(id));
      const all = unknown.map((row): Parked => ({ place: placeOf(next++), row }));
      await work.write(all.map(written));
      for (const row of all) add(row);
    },
    first: async (key, most) => {
      const waiting = parked.get(key);
      if (!waiting) return [];
      const { head, followers, passed } = waiting;
      const rows = [head];
      for (const place of followers.slice(passed, passed + most - 1)) rows.push(await at(place));
      return rows;
    },
    drop: async (key, count, given) => {
      const waiting = parked.get(key);
      if (!waiting) return;
      const { head, followers, passed } = waiting;
      const places = [Number(head.place), ...followers.slice(passed, passed + count)];
      const behind = places[count]; // none when all are gone
      const first = given ?? (behind === undefined ? null : await at(behind));
      const gone = places.slice(0, count).map((place): WorkWrite => ({ kind, key: placeOf(place), row: null }));
      await work.write([...gone, ...(first ? [written(first)] : [])]);
      if (first) Object.assign(waiting, { head: first, passed: passed + count });
      else parked.delete(key);
    },
    forget: async (fits) => {
      for await (const rows of stored())
        await work.write(rows.filter(({ row }) => fits(row)).map(({ place }) => ({ kind, key: place, row: null })));
      loading = null;
      await load();
    },
  };
};
