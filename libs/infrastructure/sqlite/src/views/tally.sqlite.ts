// How many rows there are with each value, in the file: counted when somebody asks, and carried on by each commit from then
// on, so that no process walks through all rows because another one has written. They hold for one revision of their group:
// an older release that writes moves that alone, and what was counted is void. Never: a tally that is written in another
// transaction than the rows.
import type { Scalar } from '@drover/kernel';
import { sqliteFault } from '../file/refusal.sqlite.js';
import { handed, NOTHING, stored } from './scalars.sqlite.js';
import { numberOf, type Statements } from '../file/statements.sqlite.js';
import { OPEN } from './views-file.sqlite.js';

/** What a commit changes: a row more or less, or an entry of a field. `value`: null for a row that has none there. */
export type TallyChange =
  | { readonly of: 'row'; readonly by: 1 | -1 }
  | { readonly of: 'entry'; readonly field: number; readonly value: Scalar | null; readonly by: 1 | -1 };

/** A value with fewer rows is counted each time that is asked, and so are all values of a field that has more of them. */
const FEW = 1_000;

/** Forgets what was counted of a group; to be called inside a transaction. */
export const forgetTallies = (sql: Statements, consumer: number) => {
  for (const table of ['tally', 'counted', 'tallied']) sql(`DELETE FROM ${table} WHERE consumer = ?`).run(consumer);
};

/** Whether what was counted of a group holds for its present revision. */
export const areCurrent = (sql: Statements, consumer: number) =>
  sql(
    `SELECT 1 AS one FROM tallied JOIN consumer ON consumer.id = tallied.consumer
     WHERE consumer.id = ? AND tallied.revision = consumer.revision`,
  ).get(consumer) !== undefined;

/** What is counted of a group holds for its present revision; to be called inside the transaction that moves it. */
export const noteTallied = (sql: Statements, consumer: number) =>
  sql(
    `INSERT INTO tallied SELECT id, revision FROM consumer WHERE id = ?
     ON CONFLICT DO UPDATE SET revision = excluded.revision`,
  ).run(consumer);

/** The changes of each value and each field, added up. */
const summed = (changes: readonly TallyChange[]) => {
  let rows = 0;
  const fields = new Map<number, { entries: number; values: Map<Scalar, number> }>();
  for (const change of changes) {
    if (change.of === 'row') {
      rows += change.by;
      continue;
    }
    const { field, value, by } = change;
    const of = fields.get(field) ?? { entries: 0, values: new Map<Scalar, number>() };
    fields.set(field, of);
    of.entries += by;
    if (value !== null) of.values.set(value, (of.values.get(value) ?? 0) + by);
  }
  return { rows, fields };
};

/** The tally of one view of a group. `aField`: the index by which its rows are counted; undefined where it has no index. */
export const tallyOf = (
  sql: Statements,
  { consumer, view }: { readonly consumer: number; readonly view: number },
  aField: () => number | undefined,
) => {
  const ofValue = 'consumer = ? AND field = ? AND value = ?';
  const known = (kind: string, id: number) => {
    const row = sql('SELECT n FROM counted WHERE consumer = ? AND kind = ? AND id = ?').get(consumer, kind, id);
    return row && areCurrent(sql, consumer) ? Number(row['n']) : null;
  };
  const note = (kind: string, id: number, n: number) =>
    sql('INSERT OR REPLACE INTO counted VALUES (?, ?, ?, ?)').run(consumer, kind, id, n);
  const noteValue = (field: number, value: Scalar, n: number) =>
    sql('INSERT OR REPLACE INTO tally VALUES (?, ?, ?, ?)').run(consumer, field, stored(value), n);

  const keep = <Counted>(count: () => Counted, kept: (counted: Counted) => void) => {
    sql('BEGIN IMMEDIATE').run();
    try {
      if (!areCurrent(sql, consumer)) {
        forgetTallies(sql, consumer);
        noteTallied(sql, consumer);
      }
      const counted = count();
      kept(counted);
      sql('COMMIT').run();
      return counted;
    } catch (error) {
      sql('ROLLBACK').run();
      throw error;
    }
  };
  /** Counts, and keeps that where the file takes it now: one that takes nothing is counted all the same. */
  const counting = <Counted>(count: () => Counted, kept: (counted: Counted) => void): Counted => {
    try {
      return keep(count, kept);
    } catch (error) {
      if (!sqliteFault(error)) throw error;
      return count();
    }
  };
  const counted = (kind: string, id: number, count: () => number) =>
    known(kind, id) ?? counting(count, (n) => void note(kind, id, n));

  const rows = () =>
    counted('rows', view, () => {
      const field = aField(); // its entries are a hundredth of the rows to read; of each row one leads
      if (field === undefined)
        return numberOf(sql(`SELECT count(*) FROM row WHERE view = ? AND until = ${OPEN}`).get(view));
      return numberOf(sql(`SELECT count(*) FROM entry WHERE field = ? AND until = ${OPEN} AND leads = 1`).get(field));
    });

  return {
    rows,
    /** How many rows have this value. */
    of: (id: number, value: Scalar) => {
      const all = known('values', id);
      const row =
        all === null ? undefined : sql(`SELECT n FROM tally WHERE ${ofValue}`).get(consumer, id, stored(value));
      if (row || all === 1) return numberOf(row);
      const one = sql(`SELECT count(*) FROM entry WHERE field = ? AND value = ? AND until = ${OPEN}`);
      const n = numberOf(one.get(id, stored(value)));
      if (n <= FEW) return n;
      return counting(
        () => numberOf(one.get(id, stored(value))),
        (many) => {
          noteValue(id, value, many);
          note('values', id, known('values', id) ?? 0);
        },
      );
    },
    /** Whether each row has one value of it, or none: the numbers of several values can be added. */
    isSingle: (id: number) =>
      counted('entries', id, () =>
        numberOf(sql(`SELECT count(*) FROM entry WHERE field = ? AND until = ${OPEN}`).get(id)),
      ) === rows(),
    /** Every value there is, with its number. */
    all: (id: number): readonly { readonly value: Scalar; readonly n: number }[] => {
      const each = (found: Iterable<Readonly<Record<string, unknown>>>) =>
        Array.from(found, (row) => ({ value: handed(row['value'] as never) as Scalar, n: Number(row['n']) }));
      if (known('values', id) === 1)
        return each(sql('SELECT value, n FROM tally WHERE consumer = ? AND field = ?').iterate(consumer, id));
      const groups = `SELECT value, count(*) AS n FROM entry WHERE field = ? AND value < ? AND until = ${OPEN} GROUP BY value`;
      return counting(
        () => each(sql(groups).iterate(id, NOTHING)),
        (values) => {
          if (values.length > FEW) return;
          for (const { value, n } of values) noteValue(id, value, n);
          note('values', id, 1);
        },
      );
    },
    /** Carries on what is counted; to be called inside the transaction of the changes, where it holds for what was before. */
    carry: (changes: readonly TallyChange[]) => {
      const { rows: more, fields } = summed(changes);
      const add = 'UPDATE counted SET n = n + ? WHERE consumer = ? AND kind = ? AND id = ?';
      sql(add).run(more, consumer, 'rows', view);
      for (const [field, { entries, values }] of fields) {
        sql(add).run(entries, consumer, 'entries', field);
        const all = known('values', field);
        if (all === null) continue;
        for (const [value, by] of values) {
          const { changes: had } = sql(`UPDATE tally SET n = n + ? WHERE ${ofValue}`).run(
            ...([by, consumer, field, stored(value)] as const),
          );
          if (had === 0 && all === 1 && by > 0) noteValue(field, value, by);
          if (by < 0) sql(`DELETE FROM tally WHERE ${ofValue} AND n <= 0`).run(consumer, field, stored(value));
        }
      }
    },
  };
};

/** The tally of one view. */
export type Tally = ReturnType<typeof tallyOf>;
