import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, expect, it } from '@jest/globals';
import type { Scalar } from '@drover/kernel';
import {
  memoryViewStore,
  PageExpired,
  virtualClock,
  type ViewQuery,
  type ViewDefinition,
  type ViewGroup,
  type Write,
} from '@drover/ports';
import { commitAlone, viewStoreContract } from '@drover/ports/testing';
import { numberOf } from '../file/statements.sqlite.js';
import { OPEN } from './views-file.sqlite.js';
import { sqliteViewStore, type SqliteViewStore } from './view-store.sqlite.js';

const root = mkdtempSync(join(tmpdir(), 'drover-views-'));
let files = 0;
const newPath = () => join(root, `${++files}`, 'views.db');
const opened = new Set<SqliteViewStore>();
const clock = virtualClock();
const open = (path = newPath()) => {
  const store = sqliteViewStore({ path, clock });
  opened.add(store);
  return store;
};
const close = async (store: SqliteViewStore) => {
  opened.delete(store);
  await store.close();
};
afterAll(async () => {
  for (const store of opened) await close(store);
  rmSync(root, { recursive: true });
});

viewStoreContract('sqlite', async () => {
  const path = newPath();
  const handles = [open(path)];
  return {
    store: handles[0]!,
    reopen: async () => {
      const other = open(path); // the first one stays: another process
      handles.push(other);
      return other;
    },
    restart: async () => {
      for (const each of handles.splice(0)) await close(each);
      const only = open(path);
      handles.push(only);
      return only;
    },
    pass: clock.advance,
    close: async () => {
      for (const each of handles) await close(each);
    },
  };
});

type Vm = {
  readonly name: string | null;
  readonly cores: number;
  readonly on: boolean;
  readonly mixed: Scalar;
  readonly labels: readonly string[];
};
const mixtures = [4, '4', 1, true, false, -2.5, 'true'] as const;
const vms: ViewDefinition<Vm> = {
  ...{ view: 'vms', revision: 1, pinned: true },
  index: {
    name: ({ name }) => name,
    cores: ({ cores }) => cores,
    on: ({ on }) => on,
    mixed: ({ mixed }) => mixed,
    labels: ({ labels }) => labels,
  },
};
/** Numbers that look like chance and are the same each time. */
const row = (seed: number) => {
  let state = seed;
  return (below: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
};
const vmOf = (chance: (below: number) => number): Vm => ({
  name: chance(10) === 0 ? null : `vm-${['ä', 'b', 'z', 'é'][chance(4)]}${chance(40)}`,
  ...{ cores: chance(4) - 1, on: chance(2) === 0, mixed: mixtures[chance(7)] ?? 0 },
  labels: ['red', 'green', 'blue', 'red'].slice(chance(4), chance(5)),
});
const put = (key: string, vm: Vm | null): Write => ({ view: 'vms', key, row: vm });
/** A list is begun: its revision is kept from then on. */
const shown = async (group: ViewGroup) => (await group.view<Vm>('vms').find({ limit: 1 })).revision;
const pagesOf = async (group: ViewGroup, query: ViewQuery) => {
  const view = group.view<Vm>('vms');
  const keys: string[] = [];
  const totals = new Set<number>();
  for (let after = query.after; ;) {
    const page = await view.find({ ...query, ...(after && { after }) });
    totals.add(page.total);
    keys.push(...page.rows.map(({ key }) => key));
    after = page.rows.at(-1)?.sortKey;
    if (page.rows.length < query.limit) return { keys, totals: [...totals] };
  }
};

it('answers as the memory store does: any filter, order and page, now and as it was', async () => {
  const chance = row(7);
  const [ours, theirs] = [await open().open('c', [vms]), await memoryViewStore(clock).open('c', [vms])];
  const both = [ours, theirs];
  const commit = async (writes: readonly Write[], upTo: number) => {
    for (const each of both) await commitAlone(each, 's', upTo, writes);
  };
  await commit(
    Array.from({ length: 120 }, (_, i) => put(`k${i}`, vmOf(chance))),
    1,
  );
  const revisions: number[] = [];
  for (let round = 0; round < 8; round++) {
    revisions.push(await shown(ours));
    const writes = Array.from({ length: 20 }, () => put(`k${chance(140)}`, chance(5) === 0 ? null : vmOf(chance)));
    await commit([...new Map(writes.map((write) => [write.key, write])).values()], round + 2);
  }
  const wheres: ViewQuery['where'][] = [
    ...[undefined, { on: [true] }, { cores: [0, 1] }, { labels: ['red', 'blue'] }, { labels: ['red'], on: [false] }],
    ...[{ mixed: [4] }, { mixed: ['4', true] }, { name: ['nobody'] }],
    { cores: [2], mixed: [1, '4', false], on: [true] },
  ];
  for (const where of wheres)
    for (const sort of [undefined, 'name', 'cores', 'on', 'labels'])
      for (const descending of [false, true])
        for (const at of [undefined, revisions[2], revisions[7]])
          for (const limit of [13, 50]) {
            const asked = { ...(where && { where }), ...(sort && { sort }), ...(at !== undefined && { at }) };
            const query = { limit, descending, ...asked };
            expect({ query, ...(await pagesOf(ours, query)) }).toEqual({ query, ...(await pagesOf(theirs, query)) });
          }
  for (const index of ['on', 'cores', 'name'])
    expect(await ours.view('vms').count(index)).toEqual(await theirs.view('vms').count(index));
}, 30_000);

it('keeps the types of values, and their order: numbers, texts, booleans, nothing', async () => {
  const group = await open().open('c', [vms]);
  const values = [true, 'b', 10, '4', false, 4, 'a', -1] as const;
  const vm = vmOf(row(1));
  await commitAlone(
    group,
    's',
    1,
    values.map((mixed, i) => put(`k${i}`, { ...vm, mixed })),
  );
  const view = group.view<Vm>('vms');
  const sorted = await view.find({ sort: 'mixed', limit: 20 });
  expect(sorted.rows.map(({ row }) => row.mixed)).toEqual([-1, 4, 10, '4', 'a', 'b', false, true]);
  expect(sorted.rows.map(({ sortKey }) => sortKey.value)).toEqual(sorted.rows.map(({ row }) => row.mixed));
  for (const value of values) expect((await view.find({ where: { mixed: [value] }, limit: 9 })).total).toBe(1);
});

it('keeps nothing of the past while nobody reads a list, and drops it when it is no longer needed', async () => {
  const path = newPath();
  const group = await open(path).open('c', [vms]);
  const other = new DatabaseSync(path, { readOnly: true });
  const stored = () =>
    ['row', 'entry'].map((t) => numberOf(other.prepare(`SELECT count(*) FROM ${t} WHERE until < ${OPEN}`).get()));
  const chance = row(3);
  const changes = () => ['a', 'b'].map((key) => put(key, vmOf(chance)));
  const change = (upTo: number) => commitAlone(group, 's', upTo, changes());
  for (let upTo = 1; upTo < 20; upTo++) await change(upTo);
  expect(stored()).toEqual([0, 0]);
  await group.view('vms').find({ limit: 1 });
  for (let upTo = 20; upTo < 40; upTo++) await change(upTo);
  expect(stored()[0]).toBe(2);
  await clock.advance(600_001);
  await change(40);
  expect(stored()).toEqual([0, 0]);
  other.close();
});

it('reads a list on after it was opened again, until it was begun too long ago', async () => {
  const path = newPath();
  const first = open(path);
  const group = await first.open('c', [vms]);
  const vm = vmOf(row(5));
  await commitAlone(group, 's', 1, [put('a', vm)]);
  const revision = await shown(group);
  await commitAlone(group, 's', 2, [put('a', { ...vm, cores: 64 })]);
  expect(await group.view<Vm>('vms').get('a', revision)).toEqual(vm);
  await close(first);
  const reopened = await open(path).open('c', [vms]);
  const again = reopened.view<Vm>('vms');
  expect((await again.find({ limit: 1, at: revision })).rows).toMatchObject([{ row: { cores: vm.cores } }]);
  expect((await again.find({ limit: 1, at: revision + 1 })).rows).toMatchObject([{ row: { cores: 64 } }]);
  await clock.advance(601_000);
  await expect(again.find({ limit: 1, at: revision })).rejects.toBeInstanceOf(PageExpired);
});

it('builds a view anew when it is found by something else, and shows no page of before', async () => {
  const path = newPath();
  const first = open(path);
  const before = await first.open('c', [vms]);
  await commitAlone(before, 's', 1, [put('a', vmOf(row(5)))]);
  const revision = await shown(before);
  await close(first);
  const { name } = vms.index;
  const group = await open(path).open('c', [{ ...vms, index: name ? { name } : {} }]);
  expect([await group.checkpoint('s'), await group.view('vms').get('a')]).toEqual([0, null]);
  await expect(group.view('vms').find({ limit: 1, at: revision })).rejects.toBeInstanceOf(PageExpired);
  await expect(group.view('vms').find({ limit: 1, sort: 'cores' })).rejects.toThrow('vms has no index cores');
});

it('does not make up the past of a view that is not pinned', async () => {
  const group = await open().open('c', [vms, { ...vms, view: 'plain', pinned: false }]);
  const [vm, plain] = [vmOf(row(5)), group.view<Vm>('plain')];
  await commitAlone(group, 's', 1, [put('a', vm), { ...put('a', vm), view: 'plain' }]);
  const revision = await shown(group);
  expect((await plain.find({ limit: 9, at: revision })).total).toBe(1);
  await commitAlone(group, 's', 2, [put('a', null), { ...put('a', null), view: 'plain' }]);
  expect(await group.view<Vm>('vms').get('a', revision)).toEqual(vm);
  await expect(plain.get('a', revision)).rejects.toBeInstanceOf(PageExpired);
  await expect(plain.find({ limit: 9, at: revision })).rejects.toBeInstanceOf(PageExpired);
});

it('takes the last of several writes of one key', async () => {
  const group = await open().open('c', [vms]);
  const vm = vmOf(row(5));
  await commitAlone(group, 's', 1, [put('a', { ...vm, cores: 1 })]);
  const revision = await shown(group);
  const last = put('a', { ...vm, cores: 3 });
  const writes = [put('a', { ...vm, cores: 2 }), put('a', null), last, put('b', vm), put('b', null)];
  await commitAlone(group, 's', 2, writes);
  const view = group.view<Vm>('vms');
  expect([(await view.get('a'))?.cores, await view.get('b')]).toEqual([3, null]);
  expect((await view.get('a', revision))?.cores).toBe(1);
  const totals = (at: number) =>
    Promise.all([1, 2, 3].map(async (n) => (await view.find({ where: { cores: [n] }, limit: 9, at })).total));
  expect([await totals(revision), await totals(revision + 1)]).toEqual([
    [1, 0, 0],
    [0, 0, 1],
  ]);
  expect(await view.count('cores')).toEqual({ 3: 1 });
});

it('tells of a commit that cannot be written, and leaves rows, checkpoint and counts as they were', async () => {
  const path = newPath();
  const group = await open(path).open('c', [vms]);
  const vm = vmOf(row(5));
  await commitAlone(group, 's', 1, [put('a', { ...vm, cores: 1 })]);
  await group.view('vms').count('cores');
  const other = new DatabaseSync(path);
  other.exec("CREATE TRIGGER refuse BEFORE INSERT ON row WHEN new.key = 'c' BEGIN SELECT raise(FAIL, 'no'); END");
  const writes = [put('b', { ...vm, cores: 2 }), put('c', { ...vm, cores: 3 })];
  await expect(commitAlone(group, 's', 2, writes)).rejects.toMatchObject({ code: 'store_unavailable' });
  expect([await group.checkpoint('s'), await group.view('vms').get('b')]).toEqual([1, null]);
  expect(await group.view('vms').count('cores')).toEqual({ 1: 1 });
  other.exec('DROP TRIGGER refuse');
  other.close();
  await commitAlone(group, 's', 2, writes);
  expect(await group.view('vms').count('cores')).toEqual({ 1: 1, 2: 1, 3: 1 });
});

it.each([
  ['a newer format', 'PRAGMA user_version = 9', /The file of the views at .* has format 9, this Drover knows 1/],
  ['a file of another kind', 'PRAGMA application_id = 7', /holds no views of Drover/],
])('does not open %s', async (_name, sql, sentence) => {
  const path = newPath();
  await close(open(path));
  const other = new DatabaseSync(path);
  other.exec(sql);
  other.close();
  expect(() => open(path)).toThrow(sentence);
});

it('has other views where a test gives them another shape, beside those that there are', async () => {
  const path = newPath();
  const definitions = [{ view: 'rows', revision: 1, index: {} }];
  const group = await open(path).open('reader', definitions);
  await commitAlone(group, 'a source', 7, []);
  const store = sqliteViewStore({ path, clock, reshaping: 'x' });
  opened.add(store);
  const other = await store.open('reader', definitions);
  expect([other.name === group.name, await other.checkpoint('a source')]).toEqual([false, 0]);
  expect(await group.checkpoint('a source')).toBe(7);
});
