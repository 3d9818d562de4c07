// Writes the rows of one view. What an old shape was found by is asked of the shape itself, so an entry is touched only when
// its value changes. A row that comes again as it is writes nothing. Never: a row removed that a page in use may still need.
import type { Json, Scalar } from '@drover/kernel';
import type { ViewDefinition } from '@drover/ports';
import { stored } from './scalars.sqlite.js';
import { numberOf, type Statements } from '../file/statements.sqlite.js';
import { tallyOf, type TallyChange, type Tally } from './tally.sqlite.js';
import { OPEN } from './views-file.sqlite.js';

/** A view as it lies in the file: its number, those of its indexes, and how many rows there are of what. */
export interface StoredView {
  readonly id: number;
  readonly definition: ViewDefinition<Json>;
  readonly fields: ReadonlyMap<string, number>;
  readonly tally: Tally;
}

/** One value a row is found by; the first one leads: the row is sorted by it. */
interface Entry {
  readonly field: number;
  readonly value: Scalar | null;
  readonly leads: 0 | 1;
}

/** Finds the numbers of a view and its indexes, or gives them. */
export const storedView = (sql: Statements, consumer: number, definition: ViewDefinition<Json>): StoredView => {
  const give = (table: string, owner: string, of: number, name: string) => {
    sql(`INSERT INTO ${table} (${owner}, name) VALUES (?, ?) ON CONFLICT DO NOTHING`).run(of, name);
    return numberOf(sql(`SELECT id FROM ${table} WHERE ${owner} = ? AND name = ?`).get(of, name));
  };
  const id = give('view', 'consumer', consumer, definition.view);
  const fields = new Map(Object.keys(definition.index).map((name) => [name, give('field', 'view', id, name)]));
  return { id, definition, fields, tally: tallyOf(sql, { consumer, view: id }, () => fields.values().next().value) };
};

/** The values of a row under an index. */
export const valuesOf = ({ index, view }: ViewDefinition<Json>, name: string, row: Json): readonly Scalar[] => {
  const of = index[name];
  if (!of) throw new Error(`${view} has no index ${name}`);
  const value = of(row);
  return value === null || value === undefined ? [] : [...new Set([value].flat() as readonly Scalar[])];
};

const entriesOf = ({ definition, fields }: StoredView, row: Json): readonly Entry[] =>
  [...fields].flatMap(([name, field]): Entry[] => {
    const values = valuesOf(definition, name, row);
    if (values.length === 0) return [{ field, value: null, leads: 1 }];
    return values.map((value, i) => ({ field, value, leads: i === 0 ? 1 : 0 }));
  });

const without = (entries: readonly Entry[], others: readonly Entry[]) => {
  const same = (a: Entry, b: Entry) => a.field === b.field && a.value === b.value && a.leads === b.leads;
  return entries.filter((entry) => !others.some((other) => same(entry, other)));
};

/** Puts a row in its place at a revision, keeps what was shown of the past (up to `newest`), and says what changed. */
export const writeRow = (
  sql: Statements,
  view: StoredView,
  { key, row }: { readonly key: string; readonly row: Json | null },
  { revision, newest }: { readonly revision: number; readonly newest: number },
): readonly TallyChange[] => {
  const body = row === null ? null : JSON.stringify(row);
  const past = sql(`SELECT since, body FROM row WHERE view = ? AND key = ? AND until = ${OPEN}`).get(view.id, key);
  const pastBody = past ? String(past['body']) : null;
  if (body === pastBody) return [];
  const before = pastBody === null ? [] : entriesOf(view, JSON.parse(pastBody) as Json);
  const after = row === null ? [] : entriesOf(view, row);
  const kept = view.definition.pinned ? newest : -1;
  const changes: TallyChange[] = [];

  if (past) {
    const since = Number(past['since']);
    const which = 'WHERE view = ? AND key = ? AND since = ?';
    if (since <= kept) sql(`UPDATE row SET until = ? ${which}`).run(revision, view.id, key, since);
    else sql(`DELETE FROM row ${which}`).run(view.id, key, since);
  }
  for (const { field, value } of without(before, after)) {
    const which = `WHERE field = ? AND value = ? AND key = ? AND until = ${OPEN}`;
    const args = [field, stored(value), key] as const;
    sql(`DELETE FROM entry ${which} AND since > ?`).run(...args, kept);
    if (kept >= 0) sql(`UPDATE entry SET until = ? ${which}`).run(revision, ...args);
    changes.push({ of: 'entry', field, value, by: -1 });
  }
  if (body !== null) sql(`INSERT INTO row VALUES (?, ?, ?, ${OPEN}, ?)`).run(view.id, key, revision, body);
  for (const { field, value, leads } of without(after, before)) {
    sql(`INSERT INTO entry VALUES (?, ?, ?, ?, ${OPEN}, ?)`).run(field, stored(value), key, revision, leads);
    changes.push({ of: 'entry', field, value, by: 1 });
  }
  const by = Number(body !== null) - Number(pastBody !== null);
  if (by === 1 || by === -1) changes.push({ of: 'row', by });
  return changes;
};

/** Removes what no kept revision needs; everything that is over when none is kept. */
export const sweep = (sql: Statements, { id, fields }: StoredView, oldest: number) => {
  const over = `until <> ${OPEN} AND until <= ?`; // as the index of what is over says it
  sql(`DELETE FROM row WHERE view = ? AND ${over}`).run(id, oldest);
  for (const field of fields.values()) sql(`DELETE FROM entry WHERE field = ? AND ${over}`).run(field, oldest);
};
