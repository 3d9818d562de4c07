// Which stores a file of views, or the journal, was read from. Positions mean nothing without their store: those of
// another one, or of one of which a loss was accepted since, are void.
import type { Statements } from './statements.sqlite.js';

/** A store, and how often a loss of it was accepted. */
export interface StoreName {
  readonly id: string;
  readonly run: number;
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
}

/** The table of a file of that kind. */
export const originTable = `CREATE TABLE IF NOT EXISTS origin (
  service TEXT PRIMARY KEY, store TEXT NOT NULL, run INTEGER NOT NULL
) STRICT, WITHOUT ROWID;`;

/** Reads and notes origins in a file. */
export const originsOf = (sql: Statements): Pick<Grown, 'origin' | 'setOrigin'> => ({
  origin: (service) => {
    const row = sql('SELECT store, run FROM origin WHERE service = ?').get(service);
    return row ? { id: String(row['store']), run: Number(row['run']) } : null;
  },
  setOrigin: (service, { id, run }) => {
    const note =
      'INSERT INTO origin VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET store = excluded.store, run = excluded.run';
    sql(note).run(service, id, run);
  },
});
