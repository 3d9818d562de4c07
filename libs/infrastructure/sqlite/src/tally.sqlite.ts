// How many rows there are with each value, kept beside the file: counted once, then carried on with each commit, so
// that neither a count nor the total of a list walks through all rows.
import type { Scalar } from '@drover/kernel';
import { handed } from './scalars.sqlite.js';
import { numberOf, type Statements } from './statements.sqlite.js';
import { OPEN } from './views-file.sqlite.js';

const named = (value: Scalar | null) => JSON.stringify(value);

/** What a commit changes: an entry more or less, or a row more or less. */
export interface Change {
  readonly field: number | null;
  readonly value: Scalar | null;
  readonly by: 1 | -1;
}

/** The tally of one view. */
export const tallyOf = (sql: Statements, view: number) => {
  const counted = new Map<number, Map<string, number>>();
  let rows: number | null = null;

  const field = (id: number) => {
    const known = counted.get(id);
    if (known) return known;
    const counts = new Map<string, number>();
    const entries = sql(`SELECT value, count(*) AS n FROM entry WHERE field = ? AND until = ${OPEN} GROUP BY value`);
    for (const { value, n } of entries.iterate(id)) counts.set(named(handed(value)), Number(n));
    counted.set(id, counts);
    return counts;
  };

  return {
    rows: () => (rows ??= numberOf(sql(`SELECT count(*) FROM row WHERE view = ? AND until = ${OPEN}`).get(view))),
    /** How many rows have this value. */
    of: (id: number, value: Scalar) => field(id).get(named(value)) ?? 0,
    /** Every value there is, with its number. */
    all: (id: number) =>
      [...field(id)].flatMap(([text, n]) => {
        const value = JSON.parse(text) as Scalar | null;
        return value === null || n === 0 ? [] : [{ value, n }];
      }),
    /** To be called once the change is committed. */
    carry: (changes: readonly Change[]) => {
      for (const { field: id, value, by } of changes) {
        if (id === null) {
          if (rows !== null) rows += by;
          continue;
        }
        const counts = counted.get(id);
        const n = counts && (counts.get(named(value)) ?? 0) + by;
        if (n === 0) counts?.delete(named(value));
        else if (n !== undefined) counts?.set(named(value), n);
      }
    },
    forget: () => {
      counted.clear();
      rows = null;
    },
  };
};

/** The tally of one view. */
export type Tally = ReturnType<typeof tallyOf>;
