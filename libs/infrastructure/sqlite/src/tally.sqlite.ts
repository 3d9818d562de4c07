// How many rows there are with each value, kept beside the file: counted once, then carried on with each commit, so
// that neither a count nor the total of a list walks through all rows.
import type { Scalar } from '@drover/kernel';
import { handed, NOTHING, stored } from './scalars.sqlite.js';
import { numberOf, type Statements } from './statements.sqlite.js';
import { OPEN } from './views-file.sqlite.js';

const named = (value: Scalar | null) => JSON.stringify(value);

/** What a commit changes: an entry more or less, or a row more or less. */
export interface Change {
  readonly field: number | null;
  readonly value: Scalar | null;
  readonly by: 1 | -1;
}

/** Of a field with no more entries everything is counted when it is asked for the first time; of others what is asked for. */
const FEW = 10_000;

/** What is known of one field: how many entries have a value, and how many there are in all. Null: not counted yet. */
interface Counted {
  readonly of: Map<string, number>;
  /** Whether every value there is stands in it. */
  whole: boolean;
  all: number | null;
}

/** The tally of one view. Each thing is counted when it is asked for the first time. */
export const tallyOf = (sql: Statements, view: number, aField: () => number | undefined) => {
  const counted = new Map<number, Counted>();
  let rows: number | null = null;

  const valued = `FROM entry WHERE field = ? AND value < ? AND until = ${OPEN}`;
  const countWhole = (id: number, { of }: Counted) => {
    for (const { value, n } of sql(`SELECT value, count(*) AS n ${valued} GROUP BY value`).iterate(id, NOTHING))
      of.set(named(handed(value)), Number(n));
  };
  const fieldOf = (id: number): Counted => {
    const known = counted.get(id);
    if (known) return known;
    const fresh: Counted = { of: new Map(), whole: false, all: null };
    counted.set(id, fresh);
    const some = numberOf(sql(`SELECT count(*) FROM (SELECT 1 ${valued} LIMIT ${FEW + 1})`).get(id, NOTHING));
    fresh.whole = some <= FEW;
    if (fresh.whole) countWhole(id, fresh);
    return fresh;
  };

  const countRows = () => {
    const field = aField(); // its entries are a hundredth of the rows to read; of each row one leads
    if (field === undefined)
      return numberOf(sql(`SELECT count(*) FROM row WHERE view = ? AND until = ${OPEN}`).get(view));
    return numberOf(sql(`SELECT count(*) FROM entry WHERE field = ? AND until = ${OPEN} AND leads = 1`).get(field));
  };
  const rowsNow = () => (rows ??= countRows());

  return {
    rows: rowsNow,
    /** How many rows have this value. */
    of: (id: number, value: Scalar) => {
      const { of, whole } = fieldOf(id);
      const known = of.get(named(value));
      if (known !== undefined || whole) return known ?? 0;
      const one = sql(`SELECT count(*) FROM entry WHERE field = ? AND value = ? AND until = ${OPEN}`);
      const n = numberOf(one.get(id, stored(value)));
      if (n > 0) of.set(named(value), n);
      return n;
    },
    /** Whether each row has one value of it, or none: the numbers of several values can be added. */
    isSingle: (id: number) => {
      const field = fieldOf(id);
      field.all ??= numberOf(sql(`SELECT count(*) FROM entry WHERE field = ? AND until = ${OPEN}`).get(id));
      return field.all === rowsNow();
    },
    /** Every value there is, with its number. */
    all: (id: number) => {
      const field = fieldOf(id);
      if (!field.whole) countWhole(id, field);
      field.whole = true;
      return Array.from(field.of, ([text, n]) => ({ value: JSON.parse(text) as Scalar, n }));
    },
    /** To be called once the change is committed. */
    carry: (changes: readonly Change[]) => {
      for (const { field: id, value, by } of changes) {
        if (id === null) {
          if (rows !== null) rows += by;
          continue;
        }
        const field = counted.get(id);
        if (!field) continue;
        if (field.all !== null) field.all += by;
        if (value === null) continue;
        const known = field.of.get(named(value));
        if (known === undefined && !field.whole) continue;
        const n = (known ?? 0) + by;
        if (n === 0) field.of.delete(named(value));
        else field.of.set(named(value), n);
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
