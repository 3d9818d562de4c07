import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from '@jest/globals';
import { virtualClock } from '../clock/clock.memory.js';
import { StoreRefused } from '../event-store/event-store.js';
import { pump } from './pump.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** A log of numbers and a reader that keeps them. */
const open = (fail: (entries: readonly number[]) => boolean = () => false, error = new Error('no')) => {
  const clock = virtualClock();
  const log = [1, 2, 3];
  const kept: number[] = [];
  const reported: string[] = [];
  let at = 0;
  let tell = () => {};
  const reader = pump<number>({
    name: 'keeper',
    clock,
    position: async () => at,
    read: async (after) => ({ entries: log.slice(after, after + 2), upTo: Math.min(log.length, after + 2) }),
    take: async ({ entries, upTo }) => {
      if (fail(entries)) throw error;
      kept.push(...entries);
      at = upTo;
    },
    subscribe: (grown) => {
      tell = grown;
      return () => void (tell = () => {});
    },
    report: (name) => reported.push(name),
  });
  const add = (n: number) => {
    log.push(n);
    tell();
  };
  return { clock, kept, reported, reader, add };
};

it('reads from its checkpoint to the end, and what comes after', async () => {
  const { kept, reader, add } = open();
  await reader.caughtUp();
  expect(kept).toEqual([1, 2, 3]);
  add(4);
  await reader.caughtUp();
  expect(kept).toEqual([1, 2, 3, 4]);
  await reader.stop();
  add(5);
  expect(kept).toEqual([1, 2, 3, 4]);
});

it('tries again what failed, loses nothing, and keeps whoever waits waiting', async () => {
  let failures = 3;
  const { clock, kept, reported, reader } = open((entries) => entries.includes(3) && failures-- > 0);
  const done = reader.caughtUp();
  await clock.advance(60_000);
  await done;
  expect([kept, reported]).toEqual([
    [1, 2, 3],
    ['keeper', 'keeper', 'keeper'],
  ]);
  await reader.stop();
});

it('says how far it is behind, and why, until it gets on', async () => {
  let failures = 1;
  const { clock, reader } = open((entries) => entries.includes(3) && failures-- > 0);
  const done = reader.caughtUp();
  await clock.advance(1);
  expect(await reader.state()).toEqual({ name: 'keeper', behind: 1, failing: 'no' });
  await clock.advance(60_000);
  await done;
  expect(await reader.state()).toEqual({ name: 'keeper', behind: 0, failing: null });
  await reader.stop();
});

it('lets go of whoever waits when it stops', async () => {
  const { reader } = open(() => true);
  const done = reader.caughtUp();
  await reader.stop();
  await done;
});

it('keeps nothing of a turn that is over', async () => {
  const { kept, reader, add } = open();
  const used = async (turns: number) => {
    for (let n = 0; n < turns; n++) {
      add(n);
      await reader.caughtUp();
    }
    kept.length = 0;
    collect();
    return process.memoryUsage().heapUsed;
  };
  const before = await used(100);
  expect((await used(40_000)) - before).toBeLessThan(5 * 1024 * 1024); // a promise for each turn would be more than twice that
  await reader.stop();
});

it('K29: nobody waits for a reader that cannot go on because of a store that lacks what it had; it goes on after', async () => {
  let short = true;
  const lacking = new StoreRefused('store_shorter_than_anchor', 'It ends before its anchor.');
  const { clock, kept, reader } = open((entries) => short && entries.includes(3), lacking);
  await reader.caughtUp(); // a start would hang here
  expect([kept, (await reader.state()).failing]).toEqual([[1, 2], 'It ends before its anchor.']);
  short = false;
  await clock.advance(60_000);
  expect(kept).toEqual([1, 2, 3]);
  await reader.stop();
});

it('K45: gives way to everybody else again and again, however long the log', async () => {
  const slice = Array.from({ length: 100 }, (_, n) => n);
  let at = 0;
  let [turns, over] = [0, false];
  const others = async () => {
    for (; !over; turns++) await new Promise((done) => setImmediate(done));
  };
  const all = others();
  const reader = pump<number>({
    name: 'keeper',
    clock: virtualClock(),
    position: async () => at,
    read: async (after) => ({ entries: slice, upTo: Math.min(100, after + 1) }),
    take: async ({ upTo }) => void (at = upTo),
    subscribe: () => () => {},
    report: () => {},
  });
  await reader.caughtUp();
  over = true;
  expect(at).toBe(100);
  expect(turns).toBeGreaterThanOrEqual(99);
  await Promise.all([all, reader.stop()]);
});
