// The working rows of a service on a file of their own, apart from the views, which may be thrown away, and from the facts,
// which only grow. As durable as the facts: a position is moved past an event once the event stands here. One connection:
// every call ends before it returns.
import { closeSync, existsSync, fsyncSync, openSync } from 'node:fs';
import type { Json } from '@drover/kernel';
import type { WorkStore } from '@drover/ports';
import { fileRefusal, openFile, openToLook, walKeeper, type FileKind } from './database.sqlite.js';
import { presenceOf } from './presence.sqlite.js';
import { damageIn, legible, refusalOf } from './refusal.sqlite.js';
import { statementsOf } from './statements.sqlite.js';

/** What the file of working rows is. */
export const workFile: FileKind = {
  what: 'working rows',
  mark: 0x44725634,
  version: 1,
  synchronous: 'FULL',
  remedy: 'Restore a backup, or move it away: parked events are lost with it.',
  schema: `
    CREATE TABLE work (
      kind TEXT NOT NULL, key TEXT NOT NULL, row TEXT NOT NULL,
      PRIMARY KEY (kind, key)
    ) STRICT, WITHOUT ROWID;`,
};

/** A work store that can be closed. */
export interface SqliteWorkStore extends WorkStore {
  close(): Promise<void>;
}

/** Opens the store; makes the file when it is not there. */
export const sqliteWorkStore = ({ path }: { readonly path: string }): SqliteWorkStore => {
  const db = openFile(path, workFile);
  const sql = statementsOf(db);
  const what = `the working rows at ${path}`;
  const tidy = walKeeper(db, path);
  const gone = presenceOf(path, what);
  return {
    rows: async (kind, { from = '', limit = -1 } = {}) =>
      legible(what, () =>
        sql('SELECT key, row FROM work WHERE kind = ? AND key >= ? ORDER BY key LIMIT ?')
          .all(kind, from, limit)
          .map(({ key, row }) => ({ key: String(key), row: JSON.parse(String(row)) as Json })),
      ),
    write: async (rows) => {
      if (rows.length === 0) return;
      const no = gone();
      if (no) throw no;
      const texts = rows.map(({ row }) => (row === null ? null : JSON.stringify(row)));
      try {
        sql('BEGIN IMMEDIATE').run();
        for (const [i, { kind, key }] of rows.entries()) {
          const text = texts[i] ?? null;
          if (text === null) sql('DELETE FROM work WHERE kind = ? AND key = ?').run(kind, key);
          else
            sql('INSERT INTO work VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET row = excluded.row').run(kind, key, text);
        }
        sql('COMMIT').run();
      } catch (error) {
        if (db.isOpen && db.isTransaction) sql('ROLLBACK').run();
        throw refusalOf(damageIn(error, what), what);
      }
      tidy();
    },
    close: async () => db.close(),
  };
};

/** Copies the working rows that nobody writes, if there are any. Throws FileRefused for a file that cannot be read. */
export const copyWorkRows = (path: string, copy: string) => {
  if (!existsSync(path)) return;
  const db = openToLook(path, workFile);
  try {
    db.prepare('VACUUM INTO ?').run(copy);
  } catch (error) {
    throw fileRefusal(error, path, workFile);
  } finally {
    db.close();
  }
  const file = openSync(copy, 'r');
  try {
    fsyncSync(file); // SQLite leaves that to the system
  } finally {
    closeSync(file);
  }
};
