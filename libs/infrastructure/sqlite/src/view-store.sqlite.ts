// The view store on one file, apart from the facts, written with synchronous = NORMAL: a power cut may take the last
// commits, but rows and checkpoints together, so they are read again. One connection: every call ends before it
// returns, so no read lives beside a write. Not for facts, and not for anything that cannot be grown again.
import type { Json } from '@drover/kernel';
import type { Clock, ViewDefinition, ViewGroup, ViewStore } from '@drover/ports';
import { openFile } from './database.sqlite.js';
import { logCopier } from './log-copier.sqlite.js';
import { originsOf, type Grown } from './origins.sqlite.js';
import { numberOf, statementsOf } from './statements.sqlite.js';
import { troubleOf, type Trouble } from './trouble.sqlite.js';
import { dropAll, inTransaction, viewGroup, type ViewsHandle } from './view-group.sqlite.js';
import { viewsFile } from './views-file.sqlite.js';

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

/** Opens the store; makes the file when it is not there. */
export const sqliteViewStore = ({ path, clock }: { readonly path: string; readonly clock: Clock }): SqliteViewStore => {
  const db = openFile(path, viewsFile);
  const sql = statementsOf(db);
  const what = `the views at ${path}`;
  const trouble = troubleOf(path, what, () => void sql(`PRAGMA user_version = ${viewsFile.version}`).run());
  const copier = logCopier(db, path);
  const handle: ViewsHandle = { db, sql, clock, what, trouble, committed: copier.committed };
  const groups = new Map<string, { readonly shape: string; readonly group: ViewGroup }>();

  const create = (name: string, shape: string, definitions: readonly ViewDefinition<Json>[]) =>
    inTransaction(handle, () => {
      const known = sql('SELECT id, shape FROM consumer WHERE name = ?').get(name);
      if (!known) sql('INSERT INTO consumer (name, shape, revision) VALUES (?, ?, 0)').run(name, shape);
      const id = numberOf(sql('SELECT id FROM consumer WHERE name = ?').get(name));
      if (known && known['shape'] !== shape) {
        dropAll(sql, id);
        sql('UPDATE consumer SET shape = ? WHERE id = ?').run(shape, id);
      }
      return viewGroup(handle, id, definitions);
    });

  return {
    open: async (consumer, definitions) => {
      const views = definitions as readonly ViewDefinition<Json>[];
      const shape = shapeOf(views);
      const known = groups.get(consumer);
      if (known?.shape === shape) return known.group;
      const group = await create(consumer, shape, views);
      groups.set(consumer, { shape, group });
      return group;
    },
    checkpoints: () =>
      sql('SELECT name, source, up_to FROM checkpoint JOIN consumer ON consumer.id = checkpoint.consumer')
        .all()
        .map(({ name, source, up_to: upTo }) => ({ reader: String(name), source: String(source), upTo: Number(upTo) })),
    ...originsOf(sql),
    refusal: trouble.now,
    clear: async () => {
      await inTransaction(handle, () => {
        for (const { id } of sql('SELECT id FROM consumer').all()) dropAll(sql, Number(id));
      });
      groups.clear();
    },
    close: async () => {
      await copier.close();
      db.close();
    },
  };
};
