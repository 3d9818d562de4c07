// The file of a service's views, apart from its facts: lost, it is grown again. One row for each shape a row had, for the
// revisions from `since` up to, not including, `until`; one entry for each value it is found by. A row that is still so has
// the greatest `until`. Bodies lie in the order of their keys, entries in that of their values: a page is one stretch of
// either. Never: something that cannot be made again from the events.
import type { FileKind } from '../file/database.sqlite.js';
import { originTable } from '../data/origins.sqlite.js';
import { pinTable } from './pins.sqlite.js';

/** The `until` of what still holds. */
export const OPEN = Number.MAX_SAFE_INTEGER;

/** The file of views: its mark, its version and its tables. */
export const viewsFile: FileKind = {
  what: 'views',
  mark: 0x44725632,
  version: 1,
  synchronous: 'NORMAL',
  remedy: 'Run npm run rebuild: views are rebuilt from the events.',
  schema: `
    CREATE TABLE consumer (
      id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, shape TEXT NOT NULL, revision INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE checkpoint (
      consumer INTEGER, source TEXT, up_to INTEGER NOT NULL,
      PRIMARY KEY (consumer, source)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE view (
      id INTEGER PRIMARY KEY, consumer INTEGER NOT NULL, name TEXT NOT NULL,
      UNIQUE (consumer, name)
    ) STRICT;
    CREATE TABLE field (
      id INTEGER PRIMARY KEY, view INTEGER NOT NULL, name TEXT NOT NULL,
      UNIQUE (view, name)
    ) STRICT;
    CREATE TABLE row (
      view INTEGER, key TEXT, since INTEGER, until INTEGER NOT NULL, body TEXT NOT NULL,
      PRIMARY KEY (view, key, since)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE entry (
      field INTEGER, value ANY, key TEXT, since INTEGER, until INTEGER NOT NULL, leads INTEGER NOT NULL,
      PRIMARY KEY (field, value, key, since)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX closed_row ON row (view, until) WHERE until <> ${OPEN};
    CREATE INDEX closed_entry ON entry (field, until) WHERE until <> ${OPEN};`,
  // What is counted of a group: of a view its rows, of a field its entries, and of its values some (0) or all (1), which stand
  // in `tally`; `tallied` says for which revision that holds.
  // When a group was last opened, in milliseconds of the time of day: one that nobody opens is dropped.
  added: `${originTable}
    ${pinTable}
    CREATE TABLE IF NOT EXISTS tally (
      consumer INTEGER, field INTEGER, value ANY, n INTEGER NOT NULL,
      PRIMARY KEY (consumer, field, value)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS counted (
      consumer INTEGER, kind TEXT, id INTEGER, n INTEGER NOT NULL,
      PRIMARY KEY (consumer, kind, id)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS tallied (consumer INTEGER PRIMARY KEY, revision INTEGER NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS opened (consumer INTEGER PRIMARY KEY, at INTEGER NOT NULL) STRICT;`,
};
