import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from '@jest/globals';
import type { Json } from '@drover/kernel';
import type { ViewQuery, ViewDefinition } from '@drover/ports';
import { openFile } from '../file/database.sqlite.js';
import { statementsOf, type Statements } from '../file/statements.sqlite.js';
import { finder } from './view-find.sqlite.js';
import { noteTallied } from './tally.sqlite.js';
import { storedView, writeRow } from './view-rows.sqlite.js';
import { viewsFile } from './views-file.sqlite.js';

const root = mkdtempSync(join(tmpdir(), 'drover-find-'));
const db = openFile(join(root, 'views.db'), viewsFile);
afterAll(() => {
  db.close();
  rmSync(root, { recursive: true });
});

type Vm = { readonly name: string; readonly on: boolean; readonly site: string };
const vms: ViewDefinition<Vm> = {
  ...{ view: 'vms', revision: 1 },
  index: { name: ({ name }) => name, on: ({ on }) => on, site: ({ site }) => site },
};
/** Every text that was prepared. */
const asked: string[] = [];
const prepare = statementsOf(db);
const sql: Statements = (text) => {
  asked.push(text);
  return prepare(text);
};
sql("INSERT INTO consumer VALUES (1, 'own', '', 1)").run();
noteTallied(sql, 1);
const view = storedView(sql, 1, vms as ViewDefinition<never> as ViewDefinition<Json>);
sql('BEGIN').run();
for (let i = 0; i < 20_000; i++) {
  const row: Vm = { name: `vm-${i % 10_000}`, on: i % 2 === 0, site: `s${i % 2000}` };
  view.tally.carry(writeRow(sql, view, { key: `k${i}`, row }, { revision: 1, newest: -1 }));
}
sql('COMMIT').run();
const { find, count } = finder(sql, view);

const after = { value: 'vm-5', key: 'k5' };
it.each<[string, ViewQuery]>([
  ['by key', { limit: 50 }],
  ['by key, further on', { limit: 50, after: { value: null, key: 'k777' } }],
  ['by an index', { limit: 50, sort: 'name' }],
  ['by an index, further on', { limit: 50, sort: 'name', after }],
  ['by an index, backwards', { limit: 50, sort: 'name', descending: true, after }],
  ['by an index, of many that fit', { limit: 50, sort: 'name', where: { on: [true] }, after }],
  ['by key, of many that fit', { limit: 50, where: { on: [true] } }],
  ['of a few that fit', { limit: 50, sort: 'name', where: { site: ['s7', 's8'], on: [true, false] } }],
])('reads a page along an index and sorts nothing in the database: %s', (_name, query) => {
  find(query, 1, true); // the tallies are counted once
  let took = Infinity;
  for (let times = 0; times < 3; times++) {
    asked.length = 0;
    const begun = performance.now();
    expect(find(query, 1, true).rows.length).toBeGreaterThan(10);
    took = Math.min(took, performance.now() - begun);
  }
  const pages = asked.filter((text) => text.includes('body'));
  expect(pages.length).toBeGreaterThan(0);
  for (const text of asked) {
    const plan = db
      .prepare(`EXPLAIN QUERY PLAN ${text}`)
      .all()
      .map(({ detail }) => String(detail));
    expect(plan.join('\n')).not.toMatch(/SCAN|TEMP B-TREE FOR ORDER/);
  }
  expect(took).toBeLessThan(250); // some hundred times what it takes: a walk through a bigger view would show
});

it('counts all values once, and asks the file no more', () => {
  expect(count('on')).toEqual({ true: 10_000, false: 10_000 });
  asked.length = 0;
  view.tally.carry(writeRow(sql, view, { key: 'k1', row: null }, { revision: 2, newest: -1 }));
  asked.length = 0;
  expect(count('on')).toEqual({ true: 10_000, false: 9999 });
  expect(find({ where: { on: [false] }, limit: 9 }, 2, true).total).toBe(9999);
  expect(asked.filter((text) => text.includes('count('))).toEqual([]);
});

it('K45: the total of several values is a sum where a row has one value, and counts no row twice where it has several', () => {
  const zones: ViewDefinition<{ readonly zones: readonly string[]; readonly on: boolean }> = {
    ...{ view: 'zones', revision: 1 },
    index: { zone: (row) => row.zones, on: ({ on }) => on },
  };
  const stored = storedView(sql, 1, zones as ViewDefinition<never> as ViewDefinition<Json>);
  const { find: findZones } = finder(sql, stored);
  const put = (key: string, row: { zones: string[]; on: boolean } | null, revision: number) =>
    stored.tally.carry(writeRow(sql, stored, { key, row }, { revision, newest: -1 }));
  for (let i = 0; i < 300; i++) put(`z${i}`, { zones: i % 3 === 0 ? ['a', 'b'] : ['a'], on: i % 2 === 0 }, 1);
  const total = (where: NonNullable<ViewQuery['where']>, at = 1) => {
    asked.length = 0;
    return findZones({ where, limit: 10 }, at, true).total;
  };
  expect(total({ on: [true, false] })).toBe(300);
  expect(asked.some((text) => text.includes('DISTINCT'))).toBe(false);
  expect(total({ zone: ['a', 'b'] })).toBe(300);
  put('z0', null, 2);
  put('z1', { zones: [], on: true }, 2);
  expect([total({ on: [true, false] }, 2), total({ zone: ['a', 'b'] }, 2)]).toEqual([299, 298]);
});

it('K45: of an index of many values only those are counted that somebody asks for, without the rows', () => {
  const names: ViewDefinition<{ readonly name: string }> = {
    ...{ view: 'names', revision: 1 },
    index: { name: ({ name }) => name },
  };
  const stored = storedView(sql, 1, names as ViewDefinition<never> as ViewDefinition<Json>);
  sql('BEGIN').run();
  for (let i = 0; i < 12_000; i++)
    writeRow(sql, stored, { key: `n${i}`, row: { name: `n${i % 11_000}` } }, { revision: 1, newest: -1 });
  sql('COMMIT').run();
  asked.length = 0;
  const { find: findNames, count: countNames } = finder(sql, stored);
  expect(findNames({ where: { name: ['n7', 'n10999', 'none'] }, limit: 10 }, 1, true).total).toBe(3);
  expect(findNames({ limit: 10 }, 1, true).total).toBe(12_000);
  for (const text of asked) {
    expect(text).not.toContain('GROUP BY');
    if (text.includes('count(*)')) expect(text).not.toContain('FROM row');
  }
  const put = (row: { name: string } | null, revision: number) =>
    stored.tally.carry(writeRow(sql, stored, { key: 'n7', row }, { revision, newest: -1 }));
  put({ name: 'none' }, 2);
  expect(findNames({ where: { name: ['n7', 'none'] }, limit: 10 }, 2, true).total).toBe(2);
  put(null, 3);
  expect(findNames({ limit: 10 }, 3, true).total).toBe(11_999);
  expect(Object.keys(countNames('name'))).toHaveLength(11_000);
});
