// Another process has a lock on a file of ours. What it holds up is what wants to write to that file, never the process.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Worker } from 'node:worker_threads';
import { afterEach, expect, it, jest } from '@jest/globals';
import { CommitId, FactId, Instant, StreamId } from '@drover/kernel';
import { StoreRefused, virtualClock } from '@drover/ports';
import { commitAlone } from '@drover/ports/testing';
import { sqliteEventStore } from '../event-store/event-store.sqlite.js';
import { sqliteJournal } from '../journal/journal.sqlite.js';
import { openJournal } from '../testing.js';
import { sqliteViewStore } from '../views/view-store.sqlite.js';

const root = mkdtempSync(join(tmpdir(), 'drover-lock-'));
let holder: ChildProcess | null = null;
afterEach(() => void holder?.kill('SIGKILL'));
afterEach(() => rmSync(root, { recursive: true, force: true }));

const program = `
  const { DatabaseSync } = require('node:sqlite');
  const db = new DatabaseSync(process.argv[1], { timeout: 10_000 });
  db.exec('BEGIN IMMEDIATE');
  process.stdout.write('held');
  process.stdin.on('end', () => db.exec('COMMIT')).resume();`;
/** Another process takes the lock; what is answered lets go of it. */
const held = (path: string) =>
  new Promise<() => void>((done, fail) => {
    const child = spawn(process.execPath, ['-e', program, path], { stdio: ['pipe', 'pipe', 'inherit'] });
    holder = child;
    child.stdout.once('data', () => done(() => void child.stdin.end()));
    child.once('error', fail);
  });

/** How often this process has its turn while something goes on, so many times at most; each turn asks for the next one in 5 ms. */
const turnsWhile = async (work: Promise<unknown>, most = Infinity) => {
  let [turns, going] = [0, true];
  void work.finally(() => (going = false)).catch(() => undefined);
  for (; going && turns < most; turns++) await new Promise((done) => setTimeout(done, 5));
  return turns;
};

const at = Instant.parse('2026-11-20T10:00:00Z');
const facts = () => {
  const path = join(root, 'facts.db');
  const store = sqliteEventStore({ path });
  let version = 0;
  const write = () =>
    store.append({
      ...{ stream: StreamId.of('test', 'a'), version: version++, commitId: CommitId.create() },
      facts: [{ id: FactId.create(), fact: { type: 'Counted' } }],
      metadata: { at, actor: 'ana', requestId: 'r' },
    });
  return { path, store, write, refusal: store.refusal };
};
const views = async () => {
  const path = join(root, 'views.db');
  const store = sqliteViewStore({ path, clock: virtualClock() });
  const group = await store.open('c', [{ view: 'rows', revision: 1, index: {} }]);
  const write = () => commitAlone(group, 's', 1, [{ view: 'rows', key: 'a', row: { n: 1 } }]);
  return { path, store, write, refusal: store.refusal };
};
const journal = async () => {
  const opened = await openJournal(join(root, 'journal.db'));
  return { ...opened, refusal: opened.store.refusal };
};

it.each([
  ['the facts', facts],
  ['views', views],
  ['the journal', journal],
])('K37: a write to %s waits for the lock of another process, and nothing waits with it', async (_, open) => {
  const { path, store, write } = await open();
  await write();
  const letGo = await held(path);
  const writing = write();
  // Were this process to stand still, there would be a turn or two.
  expect(await turnsWhile(writing, 20)).toBe(20);
  letGo();
  await writing;
  await store.close();
});

it('K37: a lock that stays refuses what waited five seconds for it, and is over when it is gone', async () => {
  const { path, store, write, refusal } = facts();
  await write();
  await held(path);
  const refused = Promise.all([write(), write()]).catch((error: unknown) => error);
  expect(await turnsWhile(refused)).toBeGreaterThan(50);
  expect(await refused).toBeInstanceOf(StoreRefused);
  expect(await refused).toMatchObject({
    code: 'store_unavailable',
    message: `Another process holds a lock on the store at ${path}.`,
  });
  expect(refusal()?.code).toBe('store_unavailable');
  expect(await store.readAll(0, 9)).toHaveLength(1);
  holder?.kill('SIGKILL');
  for (let tries = 0; refusal() && tries < 200; tries++) await new Promise((done) => setTimeout(done, 50));
  expect(refusal()).toBeNull();
  await store.close();
}, 30_000);

const locker = `
  const { DatabaseSync } = require('node:sqlite');
  const { workerData: { path, turns } } = require('node:worker_threads');
  const db = new DatabaseSync(path, { timeout: 10_000 });
  Atomics.wait(turns, 0, 0);
  db.exec('BEGIN IMMEDIATE');
  Atomics.store(turns, 1, 1);
  Atomics.notify(turns, 1);
  setTimeout(() => { db.exec('COMMIT'); db.close(); }, 300);`;

it('K37: a journal that another process writes while it is opened waits for that one', async () => {
  const path = join(root, 'opened.db');
  await sqliteJournal({ path }).close();
  const turns = new Int32Array(new SharedArrayBuffer(8));
  const other = new Worker(locker, { eval: true, workerData: { path, turns } });
  const ended = new Promise((done) => other.once('exit', done));
  const exec = DatabaseSync.prototype.exec;
  const mock = jest.spyOn(DatabaseSync.prototype, 'exec').mockImplementation(function (this: DatabaseSync, sql) {
    exec.call(this, sql);
    if (!sql.includes('; COMMIT')) return;
    // The tables are there, and the other one comes first from here on.
    Atomics.store(turns, 0, 1);
    Atomics.notify(turns, 0);
    Atomics.wait(turns, 1, 0, 5_000);
  });
  const journal = sqliteJournal({ path });
  mock.mockRestore();
  expect(Atomics.load(turns, 1)).toBe(1);
  await journal.begin();
  await journal.close();
  await ended;
});
