// The view store on one file, apart from the facts, written with synchronous = NORMAL: a power cut may take the last
// commits, but rows and checkpoints together, so they are read again. One connection: every call ends before it returns, so
// no read lives beside a write. Never: for facts, or for anything that cannot be made again.
import { hash } from 'node:crypto';
import type { Json } from '@drover/kernel';
import type { Clock, ViewDefinition, ViewGroup, ViewStore } from '@drover/ports';
import { openFile } from '../file/database.sqlite.js';
import { logCopier } from './log-copier.sqlite.js';
import { originsOf, type Grown } from '../data/origins.sqlite.js';
import { statementsOf } from '../file/statements.sqlite.js';
import { troubleOf, type Trouble } from '../file/trouble.sqlite.js';
import { dropAll, viewGroup } from './view-group.sqlite.js';
import { viewsFile } from './views-file.sqlite.js';
import { inTransaction, type ViewsHandle } from './views-transaction.sqlite.js';

/** A view store that can be closed. */
export interface SqliteViewStore extends ViewStore, Grown {
  /** Why it takes no rows at present; null when it takes them. */
  refusal(): ReturnType<Trouble['now']>;
  /** Drops the views of everybody: what they were read from is not what is there. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

/** What must be the same for rows to be used again. */
const shapeOf = (definitions: readonly ViewDefinition<Json>[]) =>
  JSON.stringify(definitions.map(({ view, revision, index }) => [view, revision, Object.keys(index).sort()]).sort());

/** How far the revisions of two groups of one consumer are apart at least, when the newer one is made. */
const APART = 1_000_000;
const DAY_MS = 24 * 3_600_000;
/** How often it is noted that a group is open. */
const NOTE_MS = 3_600_000;

/** A group is named by its consumer and the shape of its views; before releases had several, by the consumer alone. */
const nameOf = (consumer: string, shape: string) => `${consumer}@${hash('sha256', shape, 'hex').slice(0, 12)}`;
const consumerIn = (name: string) => name.replace(/@[0-9a-f]{12}$/, '');

/** Where the views are. `reshaping`: what their shape has beside that, for tests: with another one they are others. */
interface ViewStoreOptions {
  readonly path: string;
  readonly clock: Clock;
  readonly reshaping?: string;
}

/** Opens the store; makes the file when it is not there. */
export const sqliteViewStore = ({ path, clock, reshaping = '' }: ViewStoreOptions): SqliteViewStore => {
  const db = openFile(path, viewsFile);
  const sql = statementsOf(db);
  const what = `the views at ${path}`;
  const trouble = troubleOf(path, what, () => void sql(`PRAGMA user_version = ${viewsFile.version}`).run());
  const copier = logCopier(db, path);
  const handle: ViewsHandle = { db, sql, clock, what, trouble, committed: copier.committed };
  const groups = new Map<string, ViewGroup>();
  const open = new Set<number>();
  const now = () => Date.parse(clock.now());

  /** Drops a group with all that is known of it. */
  const remove = (id: number) => {
    dropAll(sql, id);
    sql('DELETE FROM field WHERE view IN (SELECT id FROM view WHERE consumer = ?)').run(id);
    for (const table of ['view', 'opened']) sql(`DELETE FROM ${table} WHERE consumer = ?`).run(id);
    sql('DELETE FROM consumer WHERE id = ?').run(id);
  };
  const noteOpen = (id: number) =>
    sql('INSERT INTO opened VALUES (?, ?) ON CONFLICT DO UPDATE SET at = max(at, excluded.at)').run(id, now());
  const idOf = (name: string) => {
    const row = sql('SELECT id FROM consumer WHERE name = ?').get(name);
    return row ? Number(row['id']) : null;
  };

  const create = (consumer: string, shape: string, definitions: readonly ViewDefinition<Json>[]) =>
    inTransaction(handle, () => {
      const name = nameOf(consumer, shape);
      sql('UPDATE OR IGNORE consumer SET name = ? WHERE name = ? AND shape = ?').run(name, consumer, shape);
      const others = sql(
        `SELECT consumer.id AS id, name, revision, coalesce(at, 0) AS at FROM consumer
         LEFT JOIN opened ON opened.consumer = consumer.id WHERE name <> ?`,
      ).all(name);
      for (const other of others)
        if (consumerIn(String(other['name'])) === consumer && now() - Number(other['at']) > DAY_MS)
          remove(Number(other['id']));
      const older = others.filter((other) => consumerIn(String(other['name'])) === consumer);
      // Its revisions are none of theirs: a page of theirs is not taken for one of its own.
      const first = older.length === 0 ? 0 : Math.max(...older.map((other) => Number(other['revision']))) + APART;
      sql('INSERT OR IGNORE INTO consumer (name, shape, revision) VALUES (?, ?, ?)').run(name, shape, first);
      const id = idOf(name) ?? 0;
      noteOpen(id);
      open.add(id);
      return viewGroup(handle, { id, name }, definitions);
    });

  let rest = () => {};
  const goOnNoting = () => {
    rest = clock.after(NOTE_MS, () => {
      void inTransaction(handle, () => open.forEach(noteOpen)).catch(() => {}); // what was noted an hour ago is near enough
      goOnNoting();
    });
  };
  goOnNoting();

  return {
    open: async (consumer, definitions) => {
      const views = definitions as readonly ViewDefinition<Json>[];
      const shape = `${shapeOf(views)}${reshaping}`;
      const name = nameOf(consumer, shape);
      const known = groups.get(name);
      if (known) return known;
      const group = await create(consumer, shape, views);
      groups.set(name, group);
      return group;
    },
    checkpoints: () =>
      sql('SELECT name, source, up_to FROM checkpoint JOIN consumer ON consumer.id = checkpoint.consumer')
        .all()
        .map(({ name, source, up_to: upTo }) => ({
          reader: consumerIn(String(name)),
          source: String(source),
          upTo: Number(upTo),
        })),
    ...originsOf(sql),
    refusal: trouble.now,
    clear: async () => {
      await inTransaction(handle, () => {
        for (const { id } of sql('SELECT id FROM consumer').all()) dropAll(sql, Number(id));
      });
      groups.clear();
    },
    close: async () => {
      rest();
      await copier.close();
      db.close();
    },
  };
};
