// Prepared statements by their text. Never: a value in the text of a statement; there would be no end of texts.
import type { DatabaseSync, StatementSync } from 'node:sqlite';

const KEPT = 256;

/** Prepares each text once. */
export const statementsOf = (db: DatabaseSync) => {
  const prepared = new Map<string, StatementSync>();
  return (sql: string): StatementSync => {
    const known = prepared.get(sql);
    if (known) return known;
    if (prepared.size >= KEPT) prepared.clear(); // texts vary only with the number of values asked for
    const statement = db.prepare(sql);
    prepared.set(sql, statement);
    return statement;
  };
};

/** The number in the first column of a row; 0 when there is none. */
export const numberOf = (row: object | undefined) => Number(Object.values(row ?? {})[0] ?? 0);

/** Prepares each text once. */
export type Statements = ReturnType<typeof statementsOf>;
