// The file of the journal: its mark, its version and its tables. Never: a column of a released table that is changed; what
// is new is a table of its own.
import type { FileKind } from '../file/database.sqlite.js';
import { routingTable } from './journal-routing.sqlite.js';
import { trimmedTables } from './journal-trimmed.sqlite.js';
import { originTable } from '../data/origins.sqlite.js';

/** The file of the gateway's journal: as sure as the facts, because cursors are positions in it. */
export const journalFile: FileKind = {
  what: 'journal',
  mark: 0x44725633,
  version: 1,
  synchronous: 'FULL',
  remedy: 'Run npm run rebuild: the journal is rebuilt from the events, and every stream starts over.',
  schema: `
    CREATE TABLE state (
      one INTEGER PRIMARY KEY CHECK (one = 1),
      generation TEXT NOT NULL,
      floor INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE checkpoint (service TEXT PRIMARY KEY, up_to INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE entry (
      position INTEGER PRIMARY KEY,
      time TEXT NOT NULL,
      source TEXT NOT NULL,
      id BLOB NOT NULL,
      event TEXT NOT NULL,
      UNIQUE (source, id)
    ) STRICT;`,
  // The openings of the journal, what its readers choose by, what it trimmed, and the stores that it was read from.
  added: `
    CREATE TABLE IF NOT EXISTS run (
      number INTEGER PRIMARY KEY, name TEXT NOT NULL, since INTEGER NOT NULL
    ) STRICT;
    ${routingTable};
    ${trimmedTables};
    ${originTable}`,
};
