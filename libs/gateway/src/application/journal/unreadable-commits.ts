// Commits that could not be parsed when they came. The journal has moved past them without an entry, so each is kept here with
// the place after which it came, and views of every shape park it there.
// It stays once the journal has its events: they stand behind later ones of their key there, and views take them here.
// Never: one forgotten because views are built anew. It goes when it is given up, and with the journal, which reads it again.
import type { Json, LetterId } from '@drover/kernel';
import { letterId, type Journal, type ParkedRow, type WorkStore, type WorkWrite } from '@drover/ports';
import * as z from 'zod';

/** A commit that could not be parsed, as it is parked, and the place of the journal after which it came. */
export interface UnreadableCommit {
  /** That of the journal in which the place is one. */
  readonly generation: string;
  readonly after: number;
  readonly row: ParkedRow;
  /** Whether the journal has its events by now, behind that place. */
  readonly isJournalled: boolean;
}

/** What is kept of commits that could not be parsed, for views of every shape. */
export interface UnreadableCommits {
  /** Keeps one; to be called before the journal moves past it. */
  note(row: ParkedRow): Promise<void>;
  /** Those that are kept, in the order in which they came; the same array until they change. */
  all(): Promise<readonly UnreadableCommit[]>;
  /** The journal has its events by now. */
  journalled(service: string, position: number): Promise<void>;
  /** Somebody gave up the letter that a reader has of it. */
  givenUp(reader: string, id: LetterId): Promise<void>;
  /** The journal begins anew: what it could not parse comes again. */
  forget(): Promise<void>;
}

/** Parked rows, to whoever keeps them: without them the journal is worth nothing. */
const KIND = 'parked unreadable commits';
const VERSION = 'version of the unreadable commits';
/** Where an older release parked what its views could not take, that which could not be parsed among it. */
const OLDER = 'parked gateway.views';
/** How many rows are read at once. */
const PAGE = 500;

const storedOf = ({ generation, after, row, isJournalled }: UnreadableCommit): WorkWrite => ({
  ...{ kind: KIND, key: row.id },
  row: { generation, after, row: row as Json, isJournalled },
});
const Followed = z.looseObject({ position: z.number() });

/** The commits that could not be parsed, in the working rows of the gateway. */
export const unreadableCommits = (work: WorkStore, journal: Pick<Journal, 'state'>): UnreadableCommits => {
  let known: { readonly version: string; readonly stored: readonly UnreadableCommit[] } | null = null;
  let older: readonly (UnreadableCommit & { readonly place: string })[] | null = null; // nobody adds to them

  /** Those of an older release stand before what follows of their key; with nothing behind them, at the end. */
  const readOlder = async () => {
    const { generation, head } = await journal.state();
    const found: (UnreadableCommit & { readonly place: string })[] = [];
    const open = new Map<string, number[]>(); // of keys: which of those found nothing followed as yet
    for (let from = ''; ;) {
      const rows = await work.rows(OLDER, { from, limit: PAGE });
      for (const { key: place, row: json } of rows.filter(({ key }) => key !== from)) {
        const row = json as ParkedRow;
        if (row.unreadable) {
          open.set(row.key, [...(open.get(row.key) ?? []), found.length]);
          found.push({ generation, after: head, row, place, isJournalled: false });
          continue;
        }
        const followed = Followed.safeParse(row.entry).data;
        for (const n of open.get(row.key) ?? []) {
          const each = found[n];
          if (each && followed) found[n] = { ...each, after: Math.min(each.after, followed.position - 1) };
        }
        open.delete(row.key);
      }
      if (rows.length < PAGE) return found;
      from = rows.at(-1)?.key ?? from;
    }
  };
  /** Which change of them was the last: only others than this process make it read them again. */
  const versionNow = async () => {
    const [last] = await work.rows(VERSION, { limit: 1 });
    return typeof last?.row === 'string' ? last.row : '';
  };
  const read = async () => {
    const version = await versionNow();
    if (known?.version === version) return known.stored;
    older ??= await readOlder();
    // Written by `storedOf` alone, so they are not judged again.
    const rows = (await work.rows(KIND)).map(({ row }) => row as unknown as UnreadableCommit);
    const stored = [...older, ...rows].sort((one, other) => one.after - other.after);
    known = { version, stored };
    return stored;
  };
  /** Writes what changes, and knows what there is then. */
  const write = async (changed: string, writes: readonly WorkWrite[], stored: readonly UnreadableCommit[]) => {
    const version = `${Number.parseInt((await versionNow()) || '0', 10) + 1} ${changed}`;
    await work.write([...writes, { kind: VERSION, key: 'of the last change', row: version }]);
    known = { version, stored };
  };
  /** Writes those that fit as they are to be; null removes them. */
  const change = async (
    fits: (row: ParkedRow) => boolean,
    to: (stored: UnreadableCommit) => UnreadableCommit | null,
  ) => {
    const before = await read();
    const found = before.filter(({ row }) => fits(row));
    const [first] = found;
    if (!first) return;
    const places = (older ?? []).filter(({ row }) => fits(row)).map(({ place }) => place);
    const writes = found.map((each): WorkWrite => {
      const next = to(each);
      return next ? storedOf(next) : { kind: KIND, key: each.row.id, row: null };
    });
    const gone = places.map((key): WorkWrite => ({ kind: OLDER, key, row: null }));
    const stored = before.flatMap((each) => (fits(each.row) ? (to(each) ?? []) : each));
    await write(first.row.id, [...writes, ...gone], stored);
    older = (older ?? []).filter(({ row }) => !fits(row));
  };
  const remove = (fits: (row: ParkedRow) => boolean) => change(fits, () => null);

  return {
    note: async (row) => {
      const { generation, head: after } = await journal.state();
      const before = await read();
      if (before.some((each) => each.row.id === row.id && each.generation === generation)) return;
      const noted = { generation, after, row, isJournalled: false };
      await write(row.id, [storedOf(noted)], [...before.filter(({ row: { id } }) => id !== row.id), noted]);
    },
    all: read,
    journalled: (service, position) =>
      change(
        ({ source, unreadable }) => source === service && unreadable?.position === position,
        (stored) => ({ ...stored, isJournalled: true }),
      ),
    givenUp: (reader, id) => remove((row) => letterId(reader, row) === id),
    forget: () => remove(() => true),
  };
};
