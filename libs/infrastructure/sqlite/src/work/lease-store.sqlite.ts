// Leases stand among the working rows: what a process loses in a power cut of them, it loses with its life. Never: a change
// that does not compare; of several processes one takes a lease.
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import type { LeaseRow, LeaseStore } from '@drover/ports';
import { patiently } from '../file/patience.sqlite.js';
import { refusalOf } from '../file/refusal.sqlite.js';
import { statementsOf } from '../file/statements.sqlite.js';

/** The table of the leases. */
export const leaseTable = `
    CREATE TABLE IF NOT EXISTS lease (
      name TEXT PRIMARY KEY, holder TEXT, beat INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;`;

const rowOf = (row: Record<string, SQLOutputValue>): LeaseRow => ({
  holder: row['holder'] === null ? null : String(row['holder']),
  beat: Number(row['beat']),
});

/** Leases in an open file that has their table; processes that open the same file share them. */
export const sqliteLeaseStore = (db: DatabaseSync, what: string): LeaseStore => {
  const sql = statementsOf(db);
  const surely = <Value>(attempt: () => Value) =>
    patiently(what, attempt).catch((error: unknown) => {
      throw refusalOf(error, what);
    });
  return {
    read: (name) =>
      surely(() => {
        const row = sql('SELECT holder, beat FROM lease WHERE name = ?').get(name);
        return row ? rowOf(row) : null;
      }),
    replace: (name, expected, next) =>
      surely(() => {
        const change = expected
          ? sql('UPDATE lease SET holder = ?, beat = ? WHERE name = ? AND holder IS ? AND beat = ?').run(
              ...[next.holder, next.beat, name],
              ...[expected.holder, expected.beat],
            )
          : sql('INSERT INTO lease VALUES (?, ?, ?) ON CONFLICT DO NOTHING').run(name, next.holder, next.beat);
        return change.changes === 1;
      }),
  };
};
