import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { ConnectionId, WatchId } from '@drover/kernel';
import { virtualClock, type VirtualClock } from '@drover/ports';
import type { WatchLine } from './protocol.simulator.js';
import { simulator, type Simulator } from '../provider.simulator.js';
import { watchSessions, type WatchSessions } from './watch-sessions.simulator.js';

let dir: string;
let clock: VirtualClock;
let sites: Simulator;
let sessions: WatchSessions;
const connection = ConnectionId.parse('site-a');
const { signal } = new AbortController();
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'drover-simulator-'));
  clock = virtualClock();
  sites = simulator({ clock, dir, size: 4, latency: 0, seed: 'drover' });
  sessions = watchSessions(sites, clock);
});
afterEach(() => {
  sessions.close();
  sites.close();
  rmSync(dir, { recursive: true });
});

const gathered = async (answer: AsyncIterable<WatchLine> | null) => {
  if (!answer) return 'over';
  const all: WatchLine[] = [];
  for await (const line of answer) all.push(line);
  return all;
};
const begin = async () => {
  const lines = await gathered(sessions.ask({ connection }, signal));
  if (lines === 'over') throw new Error('it has just begun');
  const watch = lines.flatMap((line) => ('watch' in line ? line.watch : []))[0] ?? WatchId.create();
  const numbers = lines.flatMap((line) => ('n' in line ? line.n : []));
  const ask = (after: number, gone = signal) => gathered(sessions.ask({ connection, watch, after }, gone));
  return { lines, watch, last: numbers.at(-1) ?? 0, ask };
};
/** What an answer tells, without its frame. */
const told = (lines: 'over' | WatchLine[]) =>
  lines === 'over' ? lines : lines.flatMap((line) => ('news' in line ? [[line.n, line.news.is]] : []));

it('tells all machines and that they are all, then which ones change', async () => {
  const { lines, last, ask } = await begin();
  expect(told(lines)).toEqual([
    [1, 'machines'],
    [2, 'complete'],
  ]);
  const { ref } = sites.machine('pgtest1');
  sites.do('pgtest1', 'suspend');
  const [, news, end] = await ask(last);
  expect(news).toEqual({ n: 3, news: { is: 'changed', keys: [ref.key] } });
  expect(end).toEqual({ end: true });
});

it('tells again what was told in an answer that nobody took, and what came since', async () => {
  const { last, ask } = await begin();
  sites.do('pgtest1', 'suspend');
  expect(told(await ask(last))).toEqual([[3, 'changed']]);
  sites.do('pgtest2', 'suspend');
  expect(told(await ask(last))).toEqual([
    [3, 'changed'],
    [4, 'changed'],
  ]);
  sites.do('pgtest1', 'power-on');
  const [first] = told(await ask(4)) as unknown[];
  expect(first).toEqual([5, 'changed']);
});

it('ends an answer without news after 20 s', async () => {
  const { last, ask } = await begin();
  let ended: unknown = null;
  const asked = ask(last).then((lines) => (ended = lines));
  await clock.advance(19_999);
  expect(ended).toBeNull();
  await clock.advance(1);
  expect(told((await asked) as WatchLine[])).toEqual([]);
});

it('ends an answer when its client goes, and keeps the news for its next question', async () => {
  const { last, ask } = await begin();
  const gone = new AbortController();
  const asked = ask(last, gone.signal);
  gone.abort();
  expect(told(await asked)).toEqual([]);
  sites.do('pgtest1', 'suspend');
  expect(told(await ask(last))).toEqual([[3, 'changed']]);
});

it('is over five minutes after the last question, not earlier and not in the midst of one', async () => {
  const { last, ask } = await begin();
  await clock.advance(299_000);
  const asked = ask(last);
  await clock.advance(20_000);
  expect(told(await asked)).toEqual([]);
  await clock.advance(299_000);
  sites.do('pgtest1', 'suspend');
  expect(told(await ask(last))).toEqual([[3, 'changed']]);
  await clock.advance(300_000);
  expect(await ask(last)).toBe('over');
});

it('is over with the fault that it ends with', async () => {
  const { last, ask } = await begin();
  sites.faults.set([{ vm: 'site-a', call: '*', do: 'unavailable' }]);
  const asked = ask(last);
  await clock.advance(500);
  expect(await asked).toMatchObject([{}, { fault: { code: 'provider_unreachable', sent: 'no' } }]);
  expect(await ask(last)).toBe('over');
});

it('belongs to the connection it was begun for', async () => {
  const { watch } = await begin();
  expect(sessions.ask({ connection: ConnectionId.parse('site-b'), watch, after: 0 }, signal)).toBeNull();
});
