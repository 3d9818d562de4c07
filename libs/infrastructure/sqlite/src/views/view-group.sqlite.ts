// The views of one consumer. Rows, checkpoint and revision go into one transaction, and are compared in it with what the
// writer has read. What is remembered beside the file holds until another process writes to it, which SQLite tells.
// Never: a row without its checkpoint, or a write over what somebody else has written since.
import type { Json } from '@drover/kernel';
import { ViewsMoved, type View, type ViewDefinition, type ViewGroup } from '@drover/ports';
import { patiently } from '../file/patience.sqlite.js';
import { dropPins, pinsOf } from './pins.sqlite.js';
import { legible } from '../file/refusal.sqlite.js';
import { numberOf, type Statements } from '../file/statements.sqlite.js';
import { finder } from './view-find.sqlite.js';
import { forgetTallies } from './tally.sqlite.js';
import { viewReader } from './view-read.sqlite.js';
import { rowWriter } from './view-write.sqlite.js';
import { storedView } from './view-rows.sqlite.js';
import { inTransaction, type ViewsHandle } from './views-transaction.sqlite.js';

const checkpointAt = 'INSERT INTO checkpoint VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET up_to = excluded.up_to';

/** Drops the rows and checkpoints of a consumer, and goes on to its next revision, so no older one can be asked for. */
export const dropAll = (sql: Statements, consumer: number) => {
  const views = 'SELECT id FROM view WHERE consumer = ?';
  sql(`DELETE FROM entry WHERE field IN (SELECT id FROM field WHERE view IN (${views}))`).run(consumer);
  sql(`DELETE FROM row WHERE view IN (${views})`).run(consumer);
  sql('DELETE FROM checkpoint WHERE consumer = ?').run(consumer);
  dropPins(sql, consumer);
  forgetTallies(sql, consumer);
  sql('UPDATE consumer SET revision = revision + 1 WHERE id = ?').run(consumer);
};

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
  const present = () => numberOf(sql('SELECT revision FROM consumer WHERE id = ?').get(consumer));
  const reached = (source: string) =>
    numberOf(sql('SELECT up_to FROM checkpoint WHERE consumer = ? AND source = ?').get(consumer, source));
  const writer = rowWriter({ sql, pins, consumer, present, views: [...views.values()].map(({ view }) => view) });
  let seen: unknown;
  const forget = () => {
    pins.forget();
    for (const each of views.values()) each.forget();
  };
  /** Nothing that is remembered holds once another process has written. */
  const refresh = () => {
    const now = sql('PRAGMA data_version').get()?.['data_version'];
    if (now === seen) return;
    seen = now;
    writer.notePast();
    forget();
  };
  const ask = <Value>(question: () => Value) =>
    patiently(what, () => {
      refresh();
      return legible(what, question);
    });
  const named = (wanted: string) => {
    const found = views.get(wanted);
    if (!found) throw new Error(`there is no view ${wanted} in this group`);
    return found;
  };
  const reader = viewReader({ sql, pins, present, ask, notePast: writer.notePast });

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
        const written = writer.write(targets);
        sql(checkpointAt).run(consumer, source, upTo);
        return written;
      };
      await inTransaction(handle, work, writer.written);
    },
    remove: async (rows, ifRevision) => {
      const targets = rows.map(({ view, key }) => ({ view: named(view).view, key, row: null }));
      const work = () => {
        refresh();
        return present() === ifRevision ? { kept: writer.write(targets) } : null;
      };
      const done = await inTransaction(handle, work, (written) => written && writer.written(written.kept));
      return done !== null;
    },
    view: <Row extends Json>(wanted: string) => reader(wanted, named(wanted)) as View<Row>,
    reset: async (ifRevision) => {
      const work = () => {
        if (ifRevision !== undefined && present() !== ifRevision) return false;
        dropAll(sql, consumer);
        return true;
      };
      return inTransaction(handle, work, forget);
    },
  };
};
