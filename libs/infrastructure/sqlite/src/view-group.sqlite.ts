// The views of one consumer. Rows, checkpoint and revision go into one transaction. This process is the only one that
// writes the file (the data directory is locked), so what is remembered beside it holds.
import type { DatabaseSync } from 'node:sqlite';
import type { Json } from '@drover/kernel';
import { PageExpired, type Clock, type View, type ViewDefinition, type ViewGroup } from '@drover/ports';
import { pinsOf } from './pins.sqlite.js';
import { damageIn, legible, refusalOf } from './refusal.sqlite.js';
import { numberOf, type Statements } from './statements.sqlite.js';
import { finder } from './view-find.sqlite.js';
import { storedView, sweep, writeRow } from './view-rows.sqlite.js';
import type { Change } from './tally.sqlite.js';
import { OPEN } from './views-file.sqlite.js';

const rowAt = 'SELECT body FROM row WHERE view = ? AND key = ? AND since <= ? AND until > ?';
const checkpointAt = 'INSERT INTO checkpoint VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET up_to = excluded.up_to';

/** What the groups of one file share. */
export interface ViewsHandle {
  readonly db: DatabaseSync;
  readonly sql: Statements;
  readonly clock: Clock;
  /** For the sentence of a refusal. */
  readonly what: string;
}

/** Does it all or nothing. */
export const inTransaction = <T>({ sql, db, what }: ViewsHandle, work: () => T): T => {
  try {
    sql('BEGIN IMMEDIATE').run();
    const done = work();
    sql('COMMIT').run();
    return done;
  } catch (error) {
    if (db.isTransaction) sql('ROLLBACK').run();
    throw refusalOf(damageIn(error, what), what);
  }
};

/** Drops the rows and checkpoints of a consumer, and goes on to its next revision, so no older one can be asked for. */
export const dropAll = (sql: Statements, consumer: number) => {
  const views = 'SELECT id FROM view WHERE consumer = ?';
  sql(`DELETE FROM entry WHERE field IN (SELECT id FROM field WHERE view IN (${views}))`).run(consumer);
  sql(`DELETE FROM row WHERE view IN (${views})`).run(consumer);
  sql('DELETE FROM checkpoint WHERE consumer = ?').run(consumer);
  sql('UPDATE consumer SET revision = revision + 1 WHERE id = ?').run(consumer);
};

/** The group. To be made inside a transaction: it gives numbers to views, and drops what another process kept. */
export const viewGroup = (
  handle: ViewsHandle,
  consumer: number,
  definitions: readonly ViewDefinition<Json>[],
): ViewGroup => {
  const { sql, clock, what } = handle;
  const pins = pinsOf(clock);
  const views = new Map(
    definitions.map((definition) => {
      const view = storedView(sql, consumer, definition);
      sweep(sql, view, OPEN);
      return [definition.view, { view, ...finder(sql, view) }] as const;
    }),
  );
  const pinned = [...views.values()].filter(({ view }) => view.definition.pinned);
  let past = false; // whether anything of the past is kept in the file
  const present = () => legible(what, () => numberOf(sql('SELECT revision FROM consumer WHERE id = ?').get(consumer)));
  const named = (name: string) => {
    const found = views.get(name);
    if (!found) throw new Error(`there is no view ${name} in this group`);
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
      get: async (key, at) => {
        const revision = revisionOf(at, present());
        const row = legible(what, () => sql(rowAt).get(view.id, key, revision, revision));
        return row ? (JSON.parse(String(row['body'])) as Json) : null;
      },
      find: async (query) => {
        const now = present();
        const at = revisionOf(query.at, now);
        const found = legible(what, () => find(query, at, at === now));
        if (isPinned) pins.show(at);
        return found;
      },
      count: async (index) => legible(what, () => count(index)),
    };
  };

  return {
    checkpoint: async (source) =>
      legible(what, () =>
        numberOf(sql('SELECT up_to FROM checkpoint WHERE consumer = ? AND source = ?').get(consumer, source)),
      ),
    revision: async () => {
      const now = present();
      pins.show(now);
      return now;
    },
    commit: async ({ source, upTo, writes }) => {
      const targets = writes.map((write) => ({ ...write, view: named(write.view).view }));
      const kept = pins.turn(present());
      const carried = inTransaction(handle, () => {
        const revision = present() + 1;
        if (past) for (const { view } of pinned) sweep(sql, view, kept?.oldest ?? revision);
        const changed = targets.map(({ view, key, row }): [typeof view, readonly Change[]] => [
          view,
          writeRow(sql, view, { key, row }, { revision, newest: kept?.newest ?? -1 }),
        ]);
        sql(checkpointAt).run(consumer, source, upTo);
        sql('UPDATE consumer SET revision = ? WHERE id = ?').run(revision, consumer);
        return changed;
      });
      past = kept !== null;
      for (const [view, changes] of carried) view.tally.carry(changes);
    },
    view: <Row extends Json>(name: string) => read(name) as View<Row>,
    reset: async () => {
      inTransaction(handle, () => dropAll(sql, consumer));
      pins.forget();
      for (const each of views.values()) each.forget();
    },
  };
};
