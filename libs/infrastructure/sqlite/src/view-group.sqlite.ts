// The views of one consumer. Rows, checkpoint and revision go into one transaction, and are compared in it with what the
// writer has read. What is remembered beside the file holds until another process writes to it, which SQLite tells.
import type { DatabaseSync } from 'node:sqlite';
import type { Json } from '@drover/kernel';
import { PageExpired, ViewsMoved, type Clock, type View, type ViewDefinition, type ViewGroup } from '@drover/ports';
import { dropPins, pinsOf } from './pins.sqlite.js';
import { patiently } from './patience.sqlite.js';
import { damageIn, isBusy, legible, refusalOf, sqliteFault } from './refusal.sqlite.js';
import { numberOf, type Statements } from './statements.sqlite.js';
import { finder } from './view-find.sqlite.js';
import { storedView, sweep, writeRow, type StoredView } from './view-rows.sqlite.js';
import type { Change } from './tally.sqlite.js';
import type { Trouble } from './trouble.sqlite.js';

const rowAt = 'SELECT body FROM row WHERE view = ? AND key = ? AND since <= ? AND until > ?';
const checkpointAt = 'INSERT INTO checkpoint VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET up_to = excluded.up_to';

/** What the groups of one file share. */
export interface ViewsHandle {
  readonly db: DatabaseSync;
  readonly sql: Statements;
  readonly clock: Clock;
  /** For the sentence of a refusal. */
  readonly what: string;
  readonly trouble: Pick<Trouble, 'met' | 'passed'>;
  /** Is told of each commit. */
  readonly committed: () => void;
}

const atOnce = <T>({ sql, db, what }: ViewsHandle, work: () => T): T => {
  try {
    sql('BEGIN IMMEDIATE').run();
    const done = work();
    sql('COMMIT').run();
    return done;
  } catch (error) {
    if (db.isTransaction) sql('ROLLBACK').run();
    throw isBusy(error) || error instanceof ViewsMoved ? error : refusalOf(damageIn(error, what), what);
  }
};

/**
 * Does it all or nothing, once nobody else has a lock on the file; `work` may be done more than once until then. `kept`
 * is told of it before anybody else reads.
 */
export const inTransaction = async <T>(handle: ViewsHandle, work: () => T, kept: (done: T) => void = () => {}) => {
  const { what, trouble, committed } = handle;
  try {
    return await patiently(what, () => {
      const done = atOnce(handle, work);
      trouble.passed();
      kept(done);
      committed();
      return done;
    });
  } catch (error) {
    if (!(error instanceof ViewsMoved)) trouble.met(error);
    throw error;
  }
};

/** Drops the rows and checkpoints of a consumer, and goes on to its next revision, so no older one can be asked for. */
export const dropAll = (sql: Statements, consumer: number) => {
  const views = 'SELECT id FROM view WHERE consumer = ?';
  sql(`DELETE FROM entry WHERE field IN (SELECT id FROM field WHERE view IN (${views}))`).run(consumer);
  sql(`DELETE FROM row WHERE view IN (${views})`).run(consumer);
  sql('DELETE FROM checkpoint WHERE consumer = ?').run(consumer);
  dropPins(sql, consumer);
  sql('UPDATE consumer SET revision = revision + 1 WHERE id = ?').run(consumer);
};

type Target = { readonly view: StoredView; readonly key: string; readonly row: Json | null };

/** The group. To be made inside a transaction: it gives numbers to views. */
export const viewGroup = (
  handle: ViewsHandle,
  { id: consumer, name }: { readonly id: number; readonly name: string },
  definitions: readonly ViewDefinition<Json>[],
): ViewGroup => {
  const { sql, clock, what } = handle;
  const pins = pinsOf(sql, clock, consumer);
  const views = new Map(
    definitions.map((definition) => {
      const view = storedView(sql, consumer, definition);
      return [definition.view, { view, ...finder(sql, view) }] as const;
    }),
  );
  const pinned = [...views.values()].filter(({ view }) => view.definition.pinned);
  let past = true; // whether anything of the past may be kept in the file
  let seen: unknown;
  /** Nothing that is remembered holds once another process has written. */
  const refresh = () => {
    const now = sql('PRAGMA data_version').get()?.['data_version'];
    if (now === seen) return;
    seen = now;
    past = true;
    pins.forget();
    for (const each of views.values()) each.forget();
  };
  const present = () => numberOf(sql('SELECT revision FROM consumer WHERE id = ?').get(consumer));
  const reached = (source: string) =>
    numberOf(sql('SELECT up_to FROM checkpoint WHERE consumer = ? AND source = ?').get(consumer, source));
  const ask = <Value>(question: () => Value) =>
    patiently(what, () => {
      refresh();
      return legible(what, question);
    });
  /** A file that takes nothing is read all the same: the list cannot be read on later. */
  const show = (revision: number) => {
    try {
      past = true;
      pins.show(revision);
    } catch (error) {
      if (!sqliteFault(error)) throw error;
    }
  };
  const named = (wanted: string) => {
    const found = views.get(wanted);
    if (!found) throw new Error(`there is no view ${wanted} in this group`);
    return found;
  };

  const read = (name: string): View<Json> => {
    const { view, find, count } = named(name);
    const isPinned = view.definition.pinned ?? false;
    const revisionOf = (at: number | undefined, now: number) => {
      if (isPinned || at === undefined || at === now) return pins.must(at, now);
      throw new PageExpired(`${name} is kept as it is now, not as it was`);
    };
    return {
      get: (key, at) =>
        ask(() => {
          const revision = revisionOf(at, present());
          const row = sql(rowAt).get(view.id, key, revision, revision);
          return row ? (JSON.parse(String(row['body'])) as Json) : null;
        }),
      find: (query) =>
        ask(() => {
          const now = present();
          const at = revisionOf(query.at, now);
          const found = find(query, at, at === now);
          if (isPinned && at === now) show(at);
          return found;
        }),
      count: (index) => ask(() => count(index)),
    };
  };

  /** Writes rows at the next revision; to be called inside a transaction. */
  const writeAll = (targets: readonly Target[]) => {
    const kept = past ? pins.turn(present()) : null;
    const revision = present() + 1;
    if (past) for (const { view } of pinned) sweep(sql, view, kept?.oldest ?? revision);
    const changed = targets.map(({ view, key, row }): readonly [StoredView, readonly Change[]] => [
      view,
      writeRow(sql, view, { key, row }, { revision, newest: kept?.newest ?? -1 }),
    ]);
    sql('UPDATE consumer SET revision = ? WHERE id = ?').run(revision, consumer);
    return { kept, changed };
  };
  const carry = ({ kept, changed }: ReturnType<typeof writeAll>) => {
    past = kept !== null;
    for (const [view, changes] of changed) view.tally.carry(changes);
  };

  return {
    name,
    checkpoint: (source) => ask(() => reached(source)),
    revision: () => ask(present),
    commit: async ({ source, from, upTo, revision, writes }) => {
      const targets = writes.map((write) => ({ ...write, view: named(write.view).view }));
      const work = () => {
        refresh();
        const at = reached(source);
        if (at !== from) throw new ViewsMoved(`${source} was taken up to ${at}, not ${from}`);
        if (present() !== revision)
          throw new ViewsMoved(`the rows are of revision ${present()}, and were read at ${revision}`);
        const written = writeAll(targets);
        sql(checkpointAt).run(consumer, source, upTo);
        return written;
      };
      await inTransaction(handle, work, carry);
    },
    remove: async (rows, ifRevision) => {
      const targets = rows.map(({ view, key }) => ({ view: named(view).view, key, row: null }));
      const work = () => {
        refresh();
        return present() === ifRevision ? writeAll(targets) : null;
      };
      const written = await inTransaction(handle, work, (done) => done && carry(done));
      return written !== null;
    },
    view: <Row extends Json>(name: string) => read(name) as View<Row>,
    reset: async (ifRevision) => {
      const work = () => {
        if (ifRevision !== undefined && present() !== ifRevision) return false;
        dropAll(sql, consumer);
        return true;
      };
      return inTransaction(handle, work, () => {
        pins.forget();
        for (const each of views.values()) each.forget();
      });
    },
  };
};
