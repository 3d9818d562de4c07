// The views of one consumer. Rows, checkpoint and revision go into one transaction. This process is the only one that
// writes the file (the data directory is locked), so what is remembered beside it holds.
import type { DatabaseSync } from 'node:sqlite';
import type { Json } from '@drover/kernel';
import { PageExpired, type Clock, type View, type ViewDefinition, type ViewGroup } from '@drover/ports';
import { pinsOf } from './pins.sqlite.js';
import { patiently } from './patience.sqlite.js';
import { damageIn, isBusy, legible, refusalOf } from './refusal.sqlite.js';
import { numberOf, type Statements } from './statements.sqlite.js';
import { finder } from './view-find.sqlite.js';
import { storedView, sweep, writeRow } from './view-rows.sqlite.js';
import type { Change } from './tally.sqlite.js';
import type { Trouble } from './trouble.sqlite.js';
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
    throw isBusy(error) ? error : refusalOf(damageIn(error, what), what);
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
    trouble.met(error);
    throw error;
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
  const present = () => numberOf(sql('SELECT revision FROM consumer WHERE id = ?').get(consumer));
  const ask = <Value>(question: () => Value) => patiently(what, () => legible(what, question));
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
          if (isPinned) pins.show(at);
          return found;
        }),
      count: (index) => ask(() => count(index)),
    };
  };

  return {
    checkpoint: (source) =>
      ask(() => numberOf(sql('SELECT up_to FROM checkpoint WHERE consumer = ? AND source = ?').get(consumer, source))),
    revision: () =>
      ask(() => {
        const now = present();
        pins.show(now);
        return now;
      }),
    commit: async ({ source, upTo, writes }) => {
      const targets = writes.map((write) => ({ ...write, view: named(write.view).view }));
      const work = () => {
        const kept = pins.turn(present());
        const revision = present() + 1;
        if (past) for (const { view } of pinned) sweep(sql, view, kept?.oldest ?? revision);
        const changed = targets.map(({ view, key, row }): [typeof view, readonly Change[]] => [
          view,
          writeRow(sql, view, { key, row }, { revision, newest: kept?.newest ?? -1 }),
        ]);
        sql(checkpointAt).run(consumer, source, upTo);
        sql('UPDATE consumer SET revision = ? WHERE id = ?').run(revision, consumer);
        return { kept, changed };
      };
      await inTransaction(handle, work, ({ kept, changed }) => {
        past = kept !== null;
        for (const [view, changes] of changed) view.tally.carry(changes);
      });
    },
    view: <Row extends Json>(name: string) => read(name) as View<Row>,
    reset: async () => {
      await inTransaction(
        handle,
        () => dropAll(sql, consumer),
        () => {
          pins.forget();
          for (const each of views.values()) each.forget();
        },
      );
    },
  };
};
