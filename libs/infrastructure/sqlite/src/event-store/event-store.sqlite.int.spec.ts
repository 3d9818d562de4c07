import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, expect, it } from '@jest/globals';
import { CommitId, FactId, Instant, StreamId, type Fact } from '@drover/kernel';
import { chainHash, StreamMoved, virtualClock, type Draft } from '@drover/ports';
import { eventStoreContract, sharedStoreContract, shortBench, shortStoreContract } from '@drover/ports/testing';
import { sqliteEventStore, type SqliteEventStore } from './event-store.sqlite.js';

const root = mkdtempSync(join(tmpdir(), 'drover-facts-'));
const opened: SqliteEventStore[] = [];
let files = 0;
const newPath = () => join(root, `${++files}`, 'facts.db');
const open = (path = newPath()) => {
  const store = sqliteEventStore({ path });
  opened.push(store);
  return store;
};
afterAll(async () => {
  for (const store of opened) await store.close();
  rmSync(root, { recursive: true });
});

const at = Instant.parse('2026-11-20T10:00:00Z');
const stream = (name: string) => StreamId.of('test', name);
const draft = (name: string, version: number, ...facts: Fact[]): Draft => ({
  stream: stream(name),
  version,
  commitId: CommitId.create(),
  facts: facts.map((fact) => ({ id: FactId.create(), fact })),
  metadata: { at, actor: 'ana', requestId: 'r' },
});
const counted = (n: number): Fact => ({ type: 'Counted', n });

eventStoreContract('T-CON-1: sqlite', async () => open());
sharedStoreContract('sqlite', async () => {
  const path = newPath();
  const clock = virtualClock();
  return {
    handle: async () => {
      const store = sqliteEventStore({ path, shared: clock });
      opened.push(store);
      return store;
    },
    pass: (ms) => clock.advance(ms),
  };
});
shortStoreContract('T-CON-1: sqlite', () => {
  const path = newPath();
  return shortBench(open(path), async (store) => {
    await (store as SqliteEventStore).close();
    const readers = [{ by: 'the journal', position: 5 }];
    const again = sqliteEventStore({ path, known: { service: 'power', name: null, reached: readers } });
    opened.push(again);
    return again;
  });
});

it('is as it was when it is opened again, and goes on with the chain', async () => {
  const path = newPath();
  const first = open(path);
  const drafts = [draft('a', 0, counted(1), counted(2)), draft('b', 0, counted(3))];
  const made = await Promise.all(drafts.map((each) => first.append(each)));
  await first.close();
  const again = open(path);
  expect(await again.readAll(0, 10)).toEqual(made);
  const next = await again.append(draft('a', 2, counted(4)));
  expect(next).toMatchObject({ position: 3, prevHash: made[1] && chainHash(made[1]) });
  const [, last] = await again.read(stream('a'));
  expect(last && chainHash(last)).toBe(chainHash(next));
});

it('writes what is asked for in one turn in one transaction; a tenth in conflict rolls nobody back', async () => {
  const path = newPath();
  const store = open(path);
  const groups: number[] = [];
  store.subscribe((commits) => groups.push(commits.length));
  const results = await Promise.allSettled(
    Array.from({ length: 256 }, (_, i) => store.append(draft(`s${i % 10 === 9 ? i - 1 : i}`, 0, counted(i)))),
  );
  const lost = results.filter((result) => result.status === 'rejected');
  expect(lost).toHaveLength(25);
  for (const { reason } of lost) expect(reason).toBeInstanceOf(StreamMoved);
  expect(groups).toEqual([231]);
  const positions = (await store.readAll(0, 1000)).map(({ position }) => position);
  expect(positions).toEqual(Array.from({ length: 231 }, (_, i) => i + 1));
});

it('does not take the id of another stream’s commit for a new commit', async () => {
  const store = open();
  const mine = draft('a', 0, counted(1));
  const first = await store.append(mine);
  expect(await store.append({ ...draft('b', 0, counted(2)), commitId: mine.commitId })).toEqual(first);
  expect(await store.read(stream('b'))).toEqual([]);
});

it('sees what another store on the same file has written, and decides on that', async () => {
  const path = newPath();
  const [one, two] = [open(path), open(path)];
  await one.append(draft('a', 0, counted(1)));
  await expect(two.append(draft('a', 0, counted(2)))).rejects.toEqual(new StreamMoved(stream('a'), 0, 1));
  await two.append(draft('a', 1, counted(2)));
  await one.append(draft('a', 2, counted(3)));
  const all = await two.readAll(0, 10);
  expect(all.map(({ position, version }) => [position, version])).toEqual([
    [1, 0],
    [2, 1],
    [3, 2],
  ]);
  expect(all.slice(1).map(({ prevHash }) => prevHash)).toEqual(all.slice(0, -1).map(chainHash));
});

it('answers what is waiting when it is closed, and refuses what comes later', async () => {
  const path = newPath();
  const store = open(path);
  const waiting = store.append(draft('a', 0, counted(1)));
  await store.close();
  expect(await waiting).toMatchObject({ position: 1 });
  await expect(store.append(draft('a', 1, counted(2)))).rejects.toMatchObject({ code: 'store_unavailable' });
});

it('refuses a commit without facts', async () =>
  expect(open().append(draft('a', 0))).rejects.toThrow('at least one event'));

/** Reads the file all the time, each read some milliseconds long. */
const restless = `
  const db = new (require('node:sqlite').DatabaseSync)(process.argv[1], { readOnly: true, timeout: 5000 });
  const hold = () => {
    db.exec('BEGIN; SELECT count(*) FROM commits');
    setTimeout(() => (db.exec('COMMIT'), hold()), 15);
  };
  hold();
  process.stdout.write('reading');
`;

it('keeps the write-ahead log small under load, with readers in other processes that overlap', async () => {
  const path = newPath();
  const store = open(path);
  const args = ['-e', restless, path];
  const readers = [1, 2, 3].map(() => spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] }));
  await Promise.all(readers.map(({ stdout }) => once(stdout, 'data')));
  const text = 'x'.repeat(64 * 1024);
  let largest = 0;
  for (let round = 0; round < 24; round++) {
    await Promise.all(Array.from({ length: 64 }, (_, i) => store.append(draft(`s${i}`, round, { type: 'Big', text }))));
    largest = Math.max(largest, statSync(`${path}-wal`).size);
  }
  for (const reader of readers) reader.kill('SIGKILL');
  expect(statSync(path).size).toBeGreaterThan(64 * 1024 * 1024);
  expect(largest).toBeLessThan(80 * 1024 * 1024); // all that was written is a fifth more
}, 60_000);

it.each([
  ['a newer format', 'PRAGMA user_version = 9', /store at .* has format 9, this Drover knows 1: start the newer one/],
  ['a file of another kind', 'PRAGMA application_id = 7', /holds no store of Drover/],
])('does not open %s', async (_name, sql, sentence) => {
  const path = newPath();
  await open(path).close();
  const other = new DatabaseSync(path);
  other.exec(sql);
  other.close();
  expect(() => open(path)).toThrow(sentence);
});

it('does not open what is no database', () => {
  const path = newPath();
  mkdirSync(dirname(path));
  writeFileSync(path, 'x'.repeat(9000));
  expect(() => open(path)).toThrow(/^The store at .* cannot be opened \(file is not a database\)\. Restore a backup/);
});
