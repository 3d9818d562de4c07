// Several processes on one file of facts. The workers import the packages as built, so `tsc -b` comes first (npm test
// does).
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { chainHash } from '@drover/ports';
import { sqliteEventStore, type SqliteEventStore } from '@drover/sqlite';
import { appendViolations } from './append-check.ts';
import { historyOf, microseconds, type AppendEvent } from './append-history.ts';
import { figure } from './tier.ts';

/** How often a process is killed; how many appends are acknowledged at least; how long a reader follows the writers. */
const KILLS = figure(14, 70);
const APPENDS = figure(300, 40_000);
const [WRITERS, ORDER_MS, SEEN] = [figure(4, 8), figure(20_000, 60_000), figure(1500, Infinity)];
/** Of one process at work, between two kills. */
const SPELL_MS = figure(80, 400);
const root = mkdtempSync(join(tmpdir(), 'drover-append-'));
const worker = join(import.meta.dirname, 'append-worker.ts');
const running = new Set<ReturnType<typeof start>>();
const stores: SqliteEventStore[] = [];
const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));

/** A worker, what it says, and how it is ended. */
const start = (args: readonly (string | number)[], through: readonly string[] = []) => {
  const [command = '', ...rest] = [...through, process.execPath, worker, ...args.map(String)];
  const child = spawn(command, rest, { stdio: ['pipe', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  child.stdin.on('error', () => undefined); // a killed worker reads no more
  const ended = new Promise<void>((done) => child.on('close', () => done()));
  const self = {
    ended,
    said: () => said,
    stop: () => {
      child.stdin.end();
      return ended;
    },
    kill: () => {
      child.kill('SIGKILL');
      return ended;
    },
  };
  running.add(self);
  void ended.then(() => running.delete(self));
  return self;
};
const open = (name: string) => {
  const path = join(root, name, 'facts.db');
  const store = sqliteEventStore({ path });
  stores.push(store);
  return { path, store };
};
const started = async (workers: readonly ReturnType<typeof start>[]) => {
  for (const each of workers)
    for (; each.said() === ''; await pause(10))
      if (!running.has(each)) throw new Error('a worker ended before it had begun');
};

beforeAll(() => {
  const built = join(import.meta.dirname, '../../libs/infrastructure/sqlite/dist/index.js');
  if (!existsSync(built)) throw new Error('the workers need the built packages: run `npm run build` first');
});
afterAll(async () => {
  await Promise.all([...running].map((each) => each.kill()));
  for (const store of stores) await store.close();
  rmSync(root, { recursive: true });
});

it(
  'T-LIN-1: appends of 4 processes are linearizable per stream, whoever is killed',
  async () => {
    const { path, store } = open('lin');
    const seed = microseconds() % 100_000;
    const said: string[] = [];
    let workers = [1, 2, 3, 4].map((n) => start([path, seed + n, 3, 8]));
    for (let kills = 0; kills < KILLS; kills++) {
      await started(workers); // by work, not by time: on a busy machine a worker would be killed before it has begun
      await pause(SPELL_MS + ((seed * (kills + 1)) % 200));
      const [victim, ...others] = workers;
      await victim?.kill();
      said.push(victim?.said() ?? '');
      workers = [...others, start([path, seed + 5 + kills, 3, 8])];
    }
    await started(workers);
    // Until there are enough of them, however slow the machine is.
    const made = () => workers.reduce((sum, each) => sum + (each.said().match(/"what":"ok"/g) ?? []).length, 0);
    const before = said.flatMap(historyOf).filter(({ what }) => what === 'ok').length;
    while (before + made() < APPENDS) await pause(100);
    await Promise.all(workers.map((each) => each.stop()));
    const history = [...said, ...workers.map((each) => each.said())].flatMap(historyOf);
    const commits = await store.readAll(0, 1_000_000);
    expect({ seed, broken: appendViolations(history, commits) }).toEqual({ seed, broken: [] });
    expect(commits.slice(1).map(({ prevHash }) => prevHash)).toEqual(commits.slice(0, -1).map(chainHash));
    const count = (what: AppendEvent['what']) => history.filter((event) => event.what === what).length;
    expect(count('error')).toBe(0);
    expect(count('ok')).toBeGreaterThanOrEqual(APPENDS);
    expect(count('conflict')).toBeGreaterThan(0);
  },
  figure(180_000, 900_000),
);

it(
  'T-ORD-1: a reader behind 8 writers sees every position once, in order; no gap is filled later',
  async () => {
    const { path, store } = open('ord');
    const workers = Array.from({ length: WRITERS }, (_, seed) => start([path, seed + 1, figure(2, 1), 50]));
    await started(workers);
    const seen: number[] = [];
    const ids: string[] = [];
    const take = async () => {
      const commits = await store.readAll(seen.at(-1) ?? 0, 100);
      for (const { position, commitId } of commits) {
        expect(position).toBe((seen.at(-1) ?? 0) + 1);
        seen.push(position);
        ids.push(commitId);
      }
      return commits.length;
    };
    const until = performance.now() + ORDER_MS;
    for (; seen.length < SEEN && performance.now() < until; await pause(1)) await take();
    await Promise.all(workers.map((each) => each.stop()));
    while ((await take()) > 0);
    expect(ids).toEqual((await store.readAll(0, 1_000_000)).map(({ commitId }) => commitId));
    const acknowledged = workers.flatMap((each) => historyOf(each.said())).filter(({ what }) => what === 'ok');
    expect(acknowledged.length).toBe(seen.length);
    expect(seen.length).toBeGreaterThanOrEqual(1500);
  },
  figure(40_000, 300_000),
);

const traceable = spawnSync('strace', ['-o', '/dev/null', 'true']).status === 0;
const how = traceable ? 'as many fsyncs as transactions' : 'read back at least (no strace here to count fsyncs)';
it(`T-LIN-1: acknowledged is on the disk: ${how}`, async () => {
  const { path, store } = open('sync');
  const trace = join(root, 'trace');
  const through = traceable ? ['strace', '-f', '-qq', '-e', 'trace=fsync,fdatasync', '-o', trace] : [];
  const traced = start([path, 1, 2, 4, 200], through);
  await traced.ended;
  const end = historyOf(traced.said()).find(({ what }) => what === 'end');
  const transactions = end?.what === 'end' ? end.transactions : 0;
  expect(transactions).toBeGreaterThanOrEqual(60);
  expect((await store.readAll(0, 1000)).length).toBeGreaterThanOrEqual(transactions);
  if (traceable) {
    const syncs = readFileSync(trace, 'utf8').match(/f(data)?sync\(/g) ?? [];
    expect(syncs.length).toBeGreaterThanOrEqual(transactions);
  }
}, 30_000);
