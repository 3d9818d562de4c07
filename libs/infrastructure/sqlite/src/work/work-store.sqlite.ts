// The working rows of a service on a file of their own, apart from the views, which may be thrown away, and from the facts,
// which only grow. As durable as the facts: a position is moved past an event once the event stands here. One connection:
// every call ends before it returns. Never: drop anything by itself; nothing here can be made again.
import { closeSync, existsSync, fsyncSync, openSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { WorkFileId, type Json } from '@drover/kernel';
import type { LeaseStore, WorkStore } from '@drover/ports';
import { fileRefusal, hasTable, openFile, openToLook, walKeeper, type FileKind } from '../file/database.sqlite.js';
import { leaseTable, sqliteLeaseStore } from './lease-store.sqlite.js';
import type { WorkName } from '../data/origins.sqlite.js';
import { presenceOf } from '../file/presence.sqlite.js';
import { damageIn, legible, refusalOf } from '../file/refusal.sqlite.js';
import { statementsOf } from '../file/statements.sqlite.js';
import { troubleOf, type Trouble } from '../file/trouble.sqlite.js';

/** What the file of working rows is. */
export const workFile: FileKind = {
  what: 'working rows',
  mark: 0x44725634,
  version: 1,
  synchronous: 'FULL',
  remedy: 'Restore a backup, or move it away: the views are rebuilt, and what cannot be taken is parked anew.',
  schema: `
    CREATE TABLE work (
      kind TEXT NOT NULL, key TEXT NOT NULL, row TEXT NOT NULL,
      PRIMARY KEY (kind, key)
    ) STRICT, WITHOUT ROWID;`,
  added: `${leaseTable}
    CREATE TABLE IF NOT EXISTS name (
      one INTEGER PRIMARY KEY CHECK (one = 1), id TEXT NOT NULL, writes INTEGER NOT NULL
    ) STRICT;
    INSERT OR IGNORE INTO name VALUES (1, lower(hex(randomblob(16))), 0)`,
};

/** A work store that can be closed. */
export interface SqliteWorkStore extends WorkStore {
  /** Which file it is, and how often it was written. */
  name(): WorkName;
  /** Leases, which all who open this file share. */
  readonly leases: LeaseStore;
  /** Why it takes no rows at present; null when it takes them. */
  refusal(): ReturnType<Trouble['now']>;
  close(): Promise<void>;
}

/** Where the working rows are. */
interface WorkStoreOptions {
  readonly path: string;
  /** Told of each write, and of which kinds, once it is on the disk. What it throws, the writer is told: he tries again. */
  readonly written?: (name: WorkName, kinds: ReadonlySet<string>) => void;
}

/** The name that is in a file; null when it has none, as of older releases. */
export const workNameIn = (db: DatabaseSync): WorkName | null => {
  const row = hasTable(db, 'name') && db.prepare('SELECT id, writes FROM name').get();
  return row ? { id: WorkFileId.parse(String(row['id'])), writes: Number(row['writes']) } : null;
};

/** Opens the store; makes the file when it is not there. */
export const sqliteWorkStore = ({ path, written = () => {} }: WorkStoreOptions): SqliteWorkStore => {
  const db = openFile(path, workFile);
  const sql = statementsOf(db);
  const what = `the working rows at ${path}`;
  const tidy = walKeeper(db, path);
  const gone = presenceOf(path, what);
  const trouble = troubleOf(path, what, () => void sql(`PRAGMA user_version = ${workFile.version}`).run(), gone);
  const name = () => {
    const { id, writes } = sql('SELECT id, writes FROM name').get() ?? {};
    return { id: WorkFileId.parse(String(id)), writes: Number(writes) };
  };
  return {
    name,
    leases: sqliteLeaseStore(db, what),
    refusal: trouble.now,
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
        sql('UPDATE name SET writes = writes + 1').run();
        sql('COMMIT').run();
        trouble.passed();
      } catch (error) {
        if (db.isOpen && db.isTransaction) sql('ROLLBACK').run();
        const refusal = refusalOf(damageIn(error, what), what);
        trouble.met(refusal);
        throw refusal;
      }
      written(name(), new Set(rows.map(({ kind }) => kind)));
      tidy();
    },
    stamp: async () => legible(what, () => String(name().writes)),
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
