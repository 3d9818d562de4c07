// Which stores a file of views, or the journal, was read from, and beside which working rows. Positions mean nothing without
// their store: those of another one, or of one of which a loss was accepted since, are void. Nor do they without what was
// parked before them. Never: drop anything here; who opens the stores does.
import { StoreId, WorkFileId } from '@drover/kernel';
import type { Statements } from '../file/statements.sqlite.js';

/** A store, and how often a loss of it was accepted. */
export interface StoreName {
  readonly id: StoreId;
  readonly run: number;
}

/** A file of working rows, and how often it was written. */
export interface WorkName {
  readonly id: WorkFileId;
  readonly writes: number;
}

/** How far a reader has got in the facts of a service. */
export interface Checkpoint {
  readonly reader: string;
  readonly source: string;
  readonly upTo: number;
}

/** What can be asked of a file that is grown from stores. */
export interface Grown {
  /** The store of a service that it was read from; null when that was not noted, as by older releases. */
  origin(service: string): StoreName | null;
  /** Notes the store of a service. */
  setOrigin(service: string, store: StoreName): void;
  /** How far each of its readers has got. */
  checkpoints(): readonly Checkpoint[];
  /** The working rows as they were when what its readers could not take was last written there; null when it never was. */
  parkedIn(): WorkName | null;
  /** Notes them: to be called once they are written, before a reader moves past what it parked. */
  noteParkedIn(work: WorkName): void;
}

/**
 * Whether the working rows lack something that readers of the file have parked: only from the facts can it be had again. Null
 * stands for working rows without a name, or a file that is not there.
 */
export const lacksParked = (grown: Pick<Grown, 'parkedIn'>, work: WorkName | null) => {
  const noted = grown.parkedIn();
  return noted !== null && (noted.id !== work?.id || noted.writes > work.writes);
};

/** The tables of a file of that kind. */
export const originTable = `CREATE TABLE IF NOT EXISTS origin (
  service TEXT PRIMARY KEY, store TEXT NOT NULL, run INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS park (
  one INTEGER PRIMARY KEY CHECK (one = 1), work TEXT NOT NULL, writes INTEGER NOT NULL
) STRICT;`;

/** Reads and notes origins in a file. */
export const originsOf = (sql: Statements): Pick<Grown, 'origin' | 'setOrigin' | 'parkedIn' | 'noteParkedIn'> => ({
  origin: (service) => {
    const row = sql('SELECT store, run FROM origin WHERE service = ?').get(service);
    return row ? { id: StoreId.parse(String(row['store'])), run: Number(row['run']) } : null;
  },
  setOrigin: (service, { id, run }) => {
    const note =
      'INSERT INTO origin VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET store = excluded.store, run = excluded.run';
    sql(note).run(service, id, run);
  },
  parkedIn: () => {
    const row = sql('SELECT work, writes FROM park').get();
    return row ? { id: WorkFileId.parse(String(row['work'])), writes: Number(row['writes']) } : null;
  },
  noteParkedIn: ({ id, writes }) => {
    const note =
      'INSERT INTO park VALUES (1, ?, ?) ON CONFLICT DO UPDATE SET work = excluded.work, writes = excluded.writes';
    sql(note).run(id, writes);
  },
});
