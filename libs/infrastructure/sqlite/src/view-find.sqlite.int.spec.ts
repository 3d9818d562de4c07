import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from '@jest/globals';
import type { Json } from '@drover/kernel';
import type { Find, ViewDefinition } from '@drover/ports';
import { openFile } from './database.sqlite.js';
import { statementsOf, type Statements } from './statements.sqlite.js';
import { finder } from './view-find.sqlite.js';
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
const view = storedView(sql, 1, vms as ViewDefinition<never> as ViewDefinition<Json>);
sql('BEGIN').run();
for (let i = 0; i < 20_000; i++) {
  const row: Vm = { name: `vm-${i % 10_000}`, on: i % 2 === 0, site: `s${i % 2000}` };
  view.tally.carry(writeRow(sql, view, { key: `k${i}`, row }, { revision: 1, newest: -1 }));
}
sql('COMMIT').run();
const { find, count } = finder(sql, view);

const after = { value: 'vm-5', key: 'k5' };
it.each<[string, Find]>([
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
  asked.length = 0;
  const begun = performance.now();
  const { rows } = find(query, 1, true);
  const took = performance.now() - begun;
  expect(rows.length).toBeGreaterThan(10);
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
