import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, expect, it } from '@jest/globals';
import { virtualClock, type ViewDefinition, type Write } from '@drover/ports';
import { commitAlone } from '@drover/ports/testing';
import { sqliteViewStore } from './view-store.sqlite.js';

type Row = { readonly n: number };
const rows: ViewDefinition<Row> = { view: 'rows', revision: 1, index: { n: ({ n }) => n }, pinned: true };
const put = (key: string, row: Row | null = { n: 1 }): Write => ({ view: 'rows', key, row });
const root = mkdtempSync(join(tmpdir(), 'drover-pins-'));
afterAll(() => rmSync(root, { recursive: true }));

it('a list that was begun while another process wrote is read on as it was; a lock is waited for, and not for long', async () => {
  const path = join(root, 'views.db');
  const store = sqliteViewStore({ path, clock: virtualClock() });
  const group = await store.open('c', [rows]);
  await commitAlone(group, 's', 1, [put('a'), put('b'), put('c')]);
  const view = group.view<Row>('rows');
  const other = new DatabaseSync(path);
  const locked = (ms: number) => {
    other.exec('BEGIN IMMEDIATE');
    setTimeout(() => other.isOpen && other.isTransaction && other.exec('ROLLBACK'), ms).unref();
    return view.find({ limit: 1 });
  };
  const first = await locked(200);
  await commitAlone(group, 's', 2, [put('b', null)]);
  const page = await view.find({ limit: 9, at: first.revision, after: { value: null, key: 'a' } });
  expect([page.rows.map(({ key }) => key), page.total]).toEqual([['b', 'c'], 3]);

  expect((await locked(20_000)).total).toBe(2);
  expect(other.isTransaction).toBe(true); // it was not waited for to its end
  other.close();
  await store.close();
});
