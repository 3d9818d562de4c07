// A file of facts is opened: a connection that writes, one that reads, and what it lacks of what it had. Never: a name for a
// file that lacks something; it would pass for another store.
import type { DatabaseSync } from 'node:sqlite';
import { StoreId } from '@drover/kernel';
import { acceptedLosses, commitReader, factsFile } from './commits.sqlite.js';
import { fileRefusal, hasTable, openFile, openReader } from '../file/database.sqlite.js';
import { lackOf, type KnownStore } from './lacks.sqlite.js';
import type { StoreName } from '../data/origins.sqlite.js';

/** The name that is in a file; null when none was noted, as by older releases. */
export const nameIn = (db: DatabaseSync): StoreName | null => {
  const row = hasTable(db, 'store') && db.prepare('SELECT id, run FROM store').get();
  return row ? { id: StoreId.parse(String(row['id'])), run: Number(row['run']) } : null;
};

/** Notes the name of a file. */
export const writeName = (db: DatabaseSync, { id, run }: StoreName) => {
  const note = 'INSERT INTO store VALUES (1, ?, ?) ON CONFLICT DO UPDATE SET id = excluded.id, run = excluded.run';
  db.prepare(note).run(id, run);
};

/** Gives a file a name, unless it has one: of several processes that do so at once, that of the first stays. */
const namedAs = (db: DatabaseSync, { id, run }: StoreName): StoreName => {
  db.prepare('INSERT OR IGNORE INTO store VALUES (1, ?, ?)').run(id, run);
  return nameIn(db) ?? { id, run };
};

/** Opens the facts; makes the file when it is not there. What SQLite finds damaged on the way refuses the file. */
export const openFacts = (path: string, anchorPath?: string, known?: KnownStore) => {
  const db = openFile(path, factsFile);
  const reading = openReader(path);
  try {
    const lost = acceptedLosses(db);
    const reader = commitReader(reading, lost);
    const written = nameIn(db);
    const found = { path, db: reading, reader, lost, name: written };
    const lack = lackOf({ ...found, ...(anchorPath !== undefined && { anchorPath }), ...(known && { known }) });
    // A file without a name gets the one that is expected, or one of its own; not while it lacks something.
    const given = written ?? known?.name ?? { id: StoreId.create(), run: 0 };
    const name = written || lack ? given : namedAs(db, given);
    return { db, reading, reader, lost, lack, name };
  } catch (error) {
    reading.close();
    db.close();
    throw fileRefusal(error, path, factsFile);
  }
};
