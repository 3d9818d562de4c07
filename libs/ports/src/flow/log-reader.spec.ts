import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from '@jest/globals';
import { Instant, loopShare } from '@drover/kernel';
import { virtualClock } from '../clock/clock.memory.js';
import { StoreRefused } from '../event-store/event-store.js';
import { logReader, type LogReaderOptions } from './log-reader.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** A log of numbers and a reader that keeps them. */
const open = (
  fail: (entries: readonly number[]) => boolean = () => false,
  error = new Error('no'),
  more: Partial<Pick<LogReaderOptions<number>, 'position' | 'read'>> = {},
) => {
  const clock = virtualClock();
  const log = [1, 2, 3];
  const kept: number[] = [];
  const reported: string[] = [];
  let at = 0;
  let tell: (() => void) | null = null;
  const reader = logReader<number>({
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
      return () => void (tell = null);
    },
    report: (name) => reported.push(name),
    ...more,
  });
  const add = (n: number) => {
    log.push(n);
    tell?.();
  };
  return { clock, log, kept, reported, reader, add, told: () => tell !== null };
};

it('begins by itself: what the log held before it was opened waits for no news', async () => {
  const { clock, kept, reader } = open();
  await clock.advance(1);
  expect(kept).toEqual([1, 2, 3]);
  await reader.stop();
});

it('reads from its checkpoint to the end, and what comes after', async () => {
  const { kept, reader, add, told } = open();
  await reader.caughtUp();
  expect(kept).toEqual([1, 2, 3]);
  add(4);
  await reader.caughtUp();
  expect(kept).toEqual([1, 2, 3, 4]);
  await reader.stop();
  add(5);
  expect([kept, told()]).toEqual([[1, 2, 3, 4], false]);
});

it('reads on when it is told that the log has grown, and for whoever asks though nobody told', async () => {
  const { clock, log, kept, reader, add } = open();
  await reader.caughtUp();
  add(4);
  await clock.advance(1);
  expect(kept).toEqual([1, 2, 3, 4]);
  log.push(5);
  await clock.advance(1);
  expect(kept).toEqual([1, 2, 3, 4]);
  await reader.caughtUp();
  expect(kept).toEqual([1, 2, 3, 4, 5]);
  await reader.stop();
});

it('tries again later and later, from 400 ms to half a minute', async () => {
  const { clock, reported, reader } = open(() => true);
  const tries = async (ms: number) => {
    await clock.advance(ms);
    return reported.length;
  };
  expect(await tries(0)).toBe(1);
  for (const [n, wait] of [400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000].entries()) {
    expect(await tries(wait - 1)).toBe(n + 1);
    expect(await tries(1)).toBe(n + 2);
  }
  await reader.stop();
});

it.each([
  ['a fault', new Error('no')],
  ['one stream that cannot be read', new StoreRefused('stream_unreadable', 'It cannot be read.')],
])('keeps whoever waits waiting while it may yet get on: %s', async (_name, error) => {
  let failures = 1;
  const { clock, reader } = open(() => failures-- > 0, error);
  let done = false;
  const waits = reader.caughtUp().then(() => (done = true));
  await clock.advance(399);
  expect(done).toBe(false);
  await clock.advance(1);
  await waits;
  await reader.stop();
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
  expect(await reader.state()).toEqual({ name: 'keeper', behind: 1, since: null, failing: 'no' });
  await clock.advance(60_000);
  await done;
  expect(await reader.state()).toEqual({ name: 'keeper', behind: 0, since: null, failing: null });
  await reader.stop();
});

it('does not say how far it is behind while its place or its log cannot be read', async () => {
  const cannot = () => Promise.reject(new Error('disk'));
  for (const part of ['position', 'read'] as const) {
    const { clock, reader } = open(undefined, undefined, { [part]: cannot });
    await clock.advance(1);
    expect(await reader.state()).toEqual({ name: 'keeper', behind: null, since: null, failing: 'disk' });
    await reader.stop();
  }
});

it('says why its log cannot be read though it had got to the end', async () => {
  let works = true;
  const read = async (after: number) => {
    if (!works) throw new Error('disk');
    return { entries: [], upTo: after };
  };
  const { reader } = open(undefined, undefined, { read });
  await reader.caughtUp();
  works = false;
  expect(await reader.state()).toEqual({ name: 'keeper', behind: null, since: null, failing: 'disk' });
  await reader.stop();
});

it('lets go of whoever waits when it stops, and of whoever comes after', async () => {
  const { reader } = open(() => true);
  const done = reader.caughtUp();
  await reader.stop();
  await done;
  await reader.caughtUp();
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
  await reader.caughtUp();
  expect([kept, (await reader.state()).failing]).toEqual([[1, 2], 'It ends before its anchor.']);
  short = false;
  await clock.advance(60_000);
  expect(kept).toEqual([1, 2, 3]);
  await reader.stop();
});

it.each([
  [100, 99],
  [1, 3],
  [0, 1],
])('K45: gives way to everybody else again and again while the log gives %d at a time', async (length, least) => {
  const slice = Array.from({ length }, (_, n) => n);
  let at = 0;
  let [turns, over] = [0, false];
  const others = async () => {
    for (; !over; turns++) await new Promise((done) => setImmediate(done));
  };
  const all = others();
  const reader = logReader<number>({
    name: 'keeper',
    clock: virtualClock(),
    position: async () => at,
    read: async (after) => ({ entries: slice, upTo: Math.min(200, after + 1) }),
    take: async ({ upTo }) => void (at = upTo),
    subscribe: () => () => {},
    report: () => {},
  });
  await reader.caughtUp();
  over = true;
  expect(at).toBe(200);
  expect(turns).toBeGreaterThanOrEqual(least);
  await Promise.all([all, reader.stop()]);
});

it('K45: the readers of a process take no more of a turn together than their share', async () => {
  let now = 0;
  const share = loopShare(() => now, 10);
  const readers = [1, 2, 3].map((n) => {
    let at = 0;
    return logReader<number>({
      ...{ name: `${n}`, clock: virtualClock(), share, report: () => {}, subscribe: () => () => {} },
      position: async () => at,
      read: async (after) => ({ entries: [after], upTo: Math.min(20, after + 1) }),
      take: async ({ upTo }) => {
        at = upTo;
        now += 8;
      },
    });
  });
  let over = false;
  let most = 0;
  const turns = (async () => {
    for (let before = now; !over; before = now) {
      await new Promise((done) => setImmediate(done));
      most = Math.max(most, now - before);
    }
  })();
  await Promise.all(readers.map((reader) => reader.caughtUp()));
  over = true;
  await turns;
  expect([now, most]).toEqual([3 * 20 * 8, 16]); // the second was begun before the share was spent
  await Promise.all(readers.map((reader) => reader.stop()));
});

it('says since when the oldest event waits, and how many it was told of though a read gives fewer', async () => {
  const clock = virtualClock();
  const at = Instant.parse('2026-11-20T10:00:00Z');
  let grown: (head?: number) => void = () => {};
  let blocked = false;
  const reader = logReader<number>({
    ...{ name: 'keeper', clock, position: async () => 0, report: () => {} },
    read: async (after) => ({ entries: [], upTo: blocked ? after + 50 : after, ...(blocked && { since: at }) }),
    take: () => Promise.reject(new Error('no')),
    subscribe: (call) => ((grown = call), () => {}),
  });
  await reader.caughtUp();
  expect(await reader.state()).toMatchObject({ behind: 0, since: null });
  blocked = true;
  grown(1_000);
  await clock.advance(1);
  expect(await reader.state()).toMatchObject({ behind: 1_000, since: at, failing: 'no' });
  await reader.stop();
});
