import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { memoryViewStore, virtualClock, type ViewDefinition, type ViewGroup, type Write } from '@drover/ports';
import { commitAlone } from '@drover/ports/testing';
import { sqliteViewStore, type SqliteViewStore } from './view-store.sqlite.js';

type Vm = { readonly on: boolean | null; readonly host: string; readonly zones: readonly string[] };
const vms: ViewDefinition<Vm> = {
  ...{ view: 'vms', revision: 1 },
  index: { on: ({ on }) => on, host: ({ host }) => host, zones: ({ zones }) => zones },
};
/** More rows than are counted each time that somebody asks. */
const MANY = 2_500;
const vmOf = (n: number): Vm => ({
  ...{ on: n % 7 === 0 ? null : n % 3 === 0, host: `h${n % 11}` },
  zones: n % 4 === 0 ? ['a', 'b'] : ['a'],
});
const put = (n: number, row: Vm | null = vmOf(n)): Write => ({ view: 'vms', key: `k${n}`, row });

const clock = virtualClock();
let dir = '';
let path = '';
let opened: SqliteViewStore[] = [];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'drover-tally-'));
  path = join(dir, 'views.db');
});
afterEach(async () => {
  for (const each of opened.splice(0)) await each.close();
  rmSync(dir, { recursive: true });
});
/** The views as a process has them. */
const process = async () => {
  const store = sqliteViewStore({ path, clock });
  opened = [...opened, store];
  return store.open('own', [vms]);
};
/** What a list and the fleet say of how many there are. */
const numbersOf = async (group: ViewGroup) => {
  const view = group.view<Vm>('vms');
  const total = async (where?: Readonly<Record<string, readonly (string | boolean)[]>>) =>
    (await view.find({ limit: 1, ...(where && { where }) })).total;
  return {
    totals: await Promise.all([
      ...[total(), total({ on: [true] }), total({ on: [true, false] }), total({ host: ['h3'] })],
      ...[total({ zones: ['a', 'b'] }), total({ zones: ['b'] }), total({ host: ['none'] })],
    ]),
    counts: await Promise.all(['on', 'host', 'zones'].map((index) => view.count(index))),
  };
};
const raw = <Answer>(ask: (db: DatabaseSync) => Answer): Answer => {
  const db = new DatabaseSync(path);
  try {
    return ask(db);
  } finally {
    db.close();
  }
};

it('what one process counted is carried on by each commit of any other, and is what the rows say', async () => {
  const both = [await process(), await process()];
  const theirs = await memoryViewStore(clock).open('own', [vms]);
  let upTo = 0;
  const commit = async (at: number, writes: readonly Write[]) => {
    upTo += 1;
    for (const group of [both[at % 2]!, theirs]) await commitAlone(group, 's', upTo, writes);
  };
  await commit(
    0,
    Array.from({ length: MANY }, (_, n) => put(n)),
  );
  for (const group of both) expect(await numbersOf(group)).toEqual(await numbersOf(theirs));
  for (let round = 0; round < 12; round++) {
    const writes = Array.from({ length: 25 }, (_, i) => {
      const n = (round * 311 + i * 53) % (MANY + 200);
      return put(n, (n + round) % 5 === 0 ? null : vmOf(n * 7 + round));
    });
    await commit(round, [...new Map(writes.map((write) => [write.key, write])).values(), put(9_000 + round)]);
    expect(await numbersOf(both[(round + 1) % 2]!)).toEqual(await numbersOf(theirs));
  }
});

it('asks the file for no number a second time, though another process has written', async () => {
  const [one, two] = [await process(), await process()];
  await commitAlone(
    one,
    's',
    1,
    Array.from({ length: MANY }, (_, n) => put(n)),
  );
  const before = await numbersOf(two);
  await commitAlone(one, 's', 2, [put(MANY)]);
  // Whoever walked through the entries would find this one; it is in no tally.
  raw((db) => db.exec("DELETE FROM entry WHERE key = 'k5'"));
  const after = await numbersOf(two);
  expect(after.totals[0]).toBe((before.totals[0] ?? 0) + 1);
  expect(after.counts[1]?.['h5']).toBe(before.counts[1]?.['h5']);
});

it('counts anew what an older release has written past the tallies', async () => {
  const group = await process();
  await commitAlone(
    group,
    's',
    1,
    Array.from({ length: MANY }, (_, n) => put(n)),
  );
  const before = await numbersOf(group);
  raw((db) => {
    db.exec("DELETE FROM row WHERE key = 'k5'; DELETE FROM entry WHERE key = 'k5'");
    db.exec('UPDATE consumer SET revision = revision + 1');
  });
  const after = await numbersOf(group);
  expect(after.totals[0]).toBe((before.totals[0] ?? 0) - 1);
  raw((db) => {
    db.exec("DELETE FROM row WHERE key = 'k16'; DELETE FROM entry WHERE key = 'k16'");
    db.exec('UPDATE consumer SET revision = revision + 1');
  });
  await commitAlone(group, 's', 2, [put(MANY)]);
  expect((await numbersOf(group)).totals[0]).toBe(after.totals[0]);
  expect((await numbersOf(group)).counts[1]?.['h5']).toBe((before.counts[1]?.['h5'] ?? 0) - 2);
});

it('counts where the file takes no tally, and begins at nothing when the views do', async () => {
  const group = await process();
  raw((db) => db.exec("CREATE TRIGGER refuse BEFORE INSERT ON counted BEGIN SELECT raise(FAIL, 'no'); END"));
  await commitAlone(
    group,
    's',
    1,
    Array.from({ length: MANY }, (_, n) => put(n)),
  );
  expect((await numbersOf(group)).totals[0]).toBe(MANY);
  raw((db) => db.exec('DROP TRIGGER refuse'));
  expect((await numbersOf(group)).totals[0]).toBe(MANY);
  await group.reset();
  expect(await numbersOf(group)).toMatchObject({ totals: [0, 0, 0, 0, 0, 0, 0], counts: [{}, {}, {}] });
});
