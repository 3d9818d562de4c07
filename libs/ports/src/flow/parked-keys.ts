// What a reader has parked, key by key, in the working rows of its service. Of each key the first event is in memory; those
// that follow it are read when it is their turn. Never: a row removed before what it holds was taken or given up.
import { hashOf, type Json } from '@drover/kernel';
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
  /** Whether nothing was written since it was read: then it need not be read again. */
  isCurrent(): Promise<boolean>;
  has(key: string): boolean;
  head(key: string): ParkedRow | null;
  followers(key: string): number;
  keys(): readonly string[];
  size(): number;
  /** A word for what is parked: another one whenever something else is, and the same at every process that has read it. */
  mark(): string;
  /** Stores rows behind those of their keys. What is there already is left out. */
  park(rows: readonly ParkedRow[]): Promise<void>;
  /** The first of a key and those behind it, at most so many. */
  first(key: string, most: number): Promise<readonly Parked[]>;
  /** Removes so many of the first of a key; `head`: what the next one is to be. */
  drop(key: string, count: number, head?: Parked): Promise<void>;
  /** Removes all that fit. */
  forget(fits: (row: ParkedRow) => boolean): Promise<void>;
}

/** Where an older release kept the rows of a reader, whatever the shape of its views. */
interface OlderRows {
  readonly kind: string;
  /** Whether they are of these views: those that begin anew take none, for a process of that release may still have them. */
  areOurs(): Promise<boolean>;
}

/** The kind of rows. */
interface KeptIn {
  readonly kind: string;
  readonly older?: OlderRows;
}

/** The rows that note for which kinds it is settled what they take over of an older release. */
const SETTLED = 'older parked rows';

const markOfAll = (parked: ReadonlyMap<string, Waiting>) => {
  const heads = [...parked].map(([key, { head }]) => `${key} ${head.row.id}`);
  return heads.length === 0 ? '0' : hashOf(heads.sort()).slice(0, 12);
};

const placeOf = (n: number) => String(n).padStart(12, '0');

/** Keeps rows of a kind. The cost of an event that is parked does not grow with what is parked before it. */
export const parkedKeys = (work: WorkStore, { kind, older }: KeptIn): ParkedKeys => {
  let parked = new Map<string, Waiting>();
  let next = 1;
  let loading: Promise<void> | null = null;
  let reads = 0;
  let mark: string | null = null;
  let stamp: string | null = null; // of the store, before what is known was read

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
    mark = null;
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
  /** Takes over what an older release parked, once: what it parks later is of its own views. */
  const adopt = async ({ kind: from, areOurs }: OlderRows) => {
    if ((await work.rows(SETTLED, { from: kind, limit: 1 }))[0]?.key === kind) return;
    if (await areOurs())
      for (let rows; (rows = await work.rows(from, { limit: PAGE })).length > 0;)
        await work.write(
          rows.flatMap(({ key, row }): readonly WorkWrite[] => [
            { kind: from, key, row: null },
            { kind, key, row },
          ]),
        );
    // Where nothing can be written now, that is noted later: it keeps nobody from reading.
    await work.write([{ kind: SETTLED, key: kind, row: true }]).catch(() => undefined);
  };
  const read = async (): Promise<void> => {
    const mine = reads;
    if (older) await adopt(older);
    const found = new Map<string, Waiting>();
    const now = await work.stamp();
    for await (const rows of stored()) for (const row of rows) add(row, found);
    if (mine !== reads) return load(); // what was read is out of date by now
    parked = found; // what was known stands until then
    mark = null;
    stamp = now;
  };
  const load = (): Promise<void> =>
    (loading ??= read().catch((error: unknown) => {
      unload();
      throw error;
    }));
  const unload = () => {
    reads += 1;
    loading = null;
  };
  const at = async (place: number): Promise<Parked> => {
    const [found] = await work.rows(kind, { from: placeOf(place), limit: 1 });
    if (Number(found?.key) !== place) throw new Error(`what was parked at ${place} is not there any more`);
    return { place: placeOf(place), row: found?.row as ParkedRow };
  };
  const written = ({ place, row }: Parked): WorkWrite => ({ kind, key: place, row: row as Json });

  return {
    load,
    unload,
    isCurrent: async () => {
      if (!loading) return false;
      await loading;
      return (await work.stamp()) === stamp;
    },
    has: (key) => parked.has(key),
    head: (key) => parked.get(key)?.head.row ?? null,
    followers: (key) => {
      const { followers = [], passed = 0 } = parked.get(key) ?? {};
      return followers.length - passed;
    },
    keys: () => [...parked.keys()],
    size: () => parked.size,
    mark: () => (mark ??= markOfAll(parked)),
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
      mark = null;
    },
    forget: async (fits) => {
      for await (const rows of stored())
        await work.write(rows.filter(({ row }) => fits(row)).map(({ place }) => ({ kind, key: place, row: null })));
      unload();
      await load();
    },
  };
};
