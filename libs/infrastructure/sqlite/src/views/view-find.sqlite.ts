// Finds rows. Two ways, by what the indexes say: few rows that fit are fetched whole and sorted here; of many, one page is
// read along the index that the list is sorted by. Never: OFFSET, or all rows of a view.
import type { SQLInputValue } from 'node:sqlite';
import type { Json, Scalar } from '@drover/kernel';
import type { ViewQuery, ViewPage, SortKey } from '@drover/ports';
import { compareScalars, handed, NOTHING, stored } from './scalars.sqlite.js';
import { numberOf, type Statements } from '../file/statements.sqlite.js';
import { valuesOf, type StoredView } from './view-rows.sqlite.js';

/** A piece of SQL with what it is asked. */
interface Piece {
  readonly text: string;
  readonly args: readonly SQLInputValue[];
}

/** One index with the values any of which will do. */
interface Filter {
  readonly field: number;
  readonly any: readonly Scalar[];
  /** At most so many rows fit, as the view is now. */
  readonly about: number;
}

type Item = ViewPage<Json>['rows'][number];

const fieldOf = ({ fields, definition }: StoredView, name: string) => {
  const field = fields.get(name);
  if (field === undefined) throw new Error(`${definition.view} has no index ${name}`);
  return field;
};

const entriesWith = ({ field, any }: Filter, at: number): Piece => {
  const marks = any.map(() => '?').join(', ');
  return {
    text: `entry.field = ? AND entry.value IN (${marks}) AND entry.since <= ? AND entry.until > ?`,
    args: [field, ...any.map(stored), at, at],
  };
};

const conditions = (filters: readonly Filter[], at: number, key: string): Piece => {
  const pieces = filters.map((filter) => entriesWith(filter, at));
  return {
    text: pieces.map(({ text }) => ` AND EXISTS (SELECT 1 FROM entry WHERE ${text} AND entry.key = ${key})`).join(''),
    args: pieces.flatMap(({ args }) => args),
  };
};

const byPlace = (descending: boolean) => (a: SortKey, b: SortKey) => {
  const sign = descending ? -1 : 1;
  if (a.value === null || b.value === null)
    return a.value === b.value ? compareScalars(a.key, b.key) * sign : a.value === null ? 1 : -1;
  return (compareScalars(a.value, b.value) || compareScalars(a.key, b.key)) * sign;
};

/** All rows that fit, sorted here. */
const few = (
  sql: Statements,
  view: StoredView,
  [first, ...others]: readonly Filter[],
  query: ViewQuery,
  at: number,
) => {
  if (!first) return [];
  const driving = entriesWith(first, at);
  const rest = conditions(others, at, 'row.key');
  const rows = sql(
    `SELECT row.key AS key, row.body AS body FROM row
     WHERE row.view = ? AND row.key IN (SELECT entry.key FROM entry WHERE ${driving.text})
     AND row.since <= ? AND row.until > ?${rest.text}`,
  ).iterate(view.id, ...driving.args, at, at, ...rest.args);
  const { sort, descending = false } = query;
  const order = byPlace(descending);
  return Array.from(rows, (found): Item => {
    const [key, row] = [String(found['key']), JSON.parse(String(found['body'])) as Json];
    const [value = null] = sort === undefined ? [] : valuesOf(view.definition, sort, row);
    return { key, row, sortKey: { key, value } };
  }).sort((a, b) => order(a.sortKey, b.sortKey));
};

/** A page along the keys. */
const alongKeys = (sql: Statements, view: StoredView, filters: readonly Filter[], query: ViewQuery, at: number) => {
  const { descending = false, after, limit } = query;
  const rest = conditions(filters, at, 'row.key');
  const [way, beyond] = descending ? ['DESC', '<'] : ['ASC', '>'];
  const from: Piece = after ? { text: ` AND row.key ${beyond} ?`, args: [after.key] } : { text: '', args: [] };
  const rows = sql(
    `SELECT key, body FROM row WHERE view = ? AND since <= ? AND until > ?${from.text}${rest.text}
     ORDER BY key ${way} LIMIT ?`,
  ).iterate(view.id, at, at, ...from.args, ...rest.args, limit);
  return Array.from(rows, ({ key, body }): Item => {
    const sortKey = { key: String(key), value: null };
    return { key: sortKey.key, row: JSON.parse(String(body)) as Json, sortKey };
  });
};

/** A page along an index: the rows with a value, then those without. */
const alongIndex = (sql: Statements, view: StoredView, filters: readonly Filter[], query: ViewQuery, at: number) => {
  const { sort = '', descending = false, after, limit } = query;
  const [way, beyond] = descending ? ['DESC', '<'] : ['ASC', '>'];
  const rest = conditions(filters, at, 'at.key');
  const part = (from: Piece, most: number) =>
    Array.from(
      sql(
        `SELECT at.value AS value, at.key AS key, row.body AS body FROM entry AS at
         CROSS JOIN row ON row.view = ? AND row.key = at.key AND row.since <= ? AND row.until > ?
         WHERE at.field = ? AND ${from.text} AND at.leads = 1 AND at.since <= ? AND at.until > ?${rest.text}
         ORDER BY at.value ${way}, at.key ${way} LIMIT ?`,
      ).iterate(view.id, at, at, fieldOf(view, sort), ...from.args, at, at, ...rest.args, most),
      ({ value, key, body }): Item => {
        const sortKey = { key: String(key), value: handed(value) };
        return { key: sortKey.key, row: JSON.parse(String(body)) as Json, sortKey };
      },
    );
  const nothing: Piece =
    after?.value === null
      ? { text: `at.value = ? AND at.key ${beyond} ?`, args: [NOTHING, after.key] }
      : { text: 'at.value = ?', args: [NOTHING] };
  if (after?.value === null) return part(nothing, limit);
  const valued: Piece = after
    ? { text: `at.value < ? AND (at.value, at.key) ${beyond} (?, ?)`, args: [NOTHING, stored(after.value), after.key] }
    : { text: 'at.value < ?', args: [NOTHING] };
  const rows = part(valued, limit);
  return rows.length < limit ? [...rows, ...part(nothing, limit - rows.length)] : rows;
};

const rowsAt = 'SELECT count(*) FROM row WHERE view = ? AND since <= ? AND until > ?';

const totalOf = (sql: Statements, view: StoredView, filters: readonly Filter[], at: number, present: boolean) => {
  const [first, ...others] = filters;
  if (!first) return present ? view.tally.rows() : numberOf(sql(rowsAt).get(view.id, at, at));
  const adds = first.any.length === 1 || view.tally.isSingle(first.field);
  if (present && others.length === 0 && adds) return first.about;
  const driving = entriesWith(first, at);
  const rest = conditions(others, at, 'hit.key');
  const each = first.any.length === 1 ? '' : 'DISTINCT'; // a row may have several of the values asked for
  const keys = `SELECT ${each} entry.key AS key FROM entry WHERE ${driving.text}`;
  const count = sql(`SELECT count(*) FROM (${keys}) AS hit WHERE true${rest.text}`);
  return numberOf(count.get(...driving.args, ...rest.args));
};

/** Answers what a view is asked. `counted` remembers totals of revisions: they do not change any more. */
export const finder = (sql: Statements, view: StoredView) => {
  const counted = new Map<string, number>();
  const total = (query: ViewQuery, filters: readonly Filter[], at: number, present: boolean) => {
    const name = JSON.stringify([at, query.where]);
    const known = counted.get(name) ?? totalOf(sql, view, filters, at, present);
    if (counted.size > 200) counted.clear();
    counted.set(name, known);
    return known;
  };
  return {
    find: (query: ViewQuery, at: number, present: boolean): ViewPage<Json> => {
      const { where = {}, sort, descending = false, after, limit } = query;
      if (sort !== undefined) fieldOf(view, sort);
      const filters = Object.entries(where)
        .map(([name, values]): Filter => {
          const [field, any] = [fieldOf(view, name), [...new Set(values)]];
          return { field, any, about: any.reduce<number>((sum, value) => sum + view.tally.of(field, value), 0) };
        })
        .sort((a, b) => a.about - b.about);
      const [narrowest] = filters;
      // Fetching m rows costs about four times what it costs to walk past as many; to fill a page we would walk past
      // n/m each.
      if (narrowest && 4 * narrowest.about ** 2 <= limit * view.tally.rows() + 4 * limit ** 2) {
        const all = few(sql, view, filters, query, at);
        const order = byPlace(descending);
        const rest = after ? all.filter(({ sortKey }) => order(sortKey, after) > 0) : all;
        return { rows: rest.slice(0, limit), total: all.length, revision: at };
      }
      const rows = (sort === undefined ? alongKeys : alongIndex)(sql, view, filters, query, at);
      return { rows, total: total(query, filters, at, present), revision: at };
    },
    /** How many rows there are with each value, at present. */
    count: (name: string): Readonly<Record<string, number>> =>
      Object.fromEntries(view.tally.all(fieldOf(view, name)).map(({ value, n }) => [String(value), n])),
    forget: () => counted.clear(),
  };
};
