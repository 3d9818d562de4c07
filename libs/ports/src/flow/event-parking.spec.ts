import { expect, it } from '@jest/globals';
import { virtualClock } from '../clock/clock.memory.js';
import { StoreRefused } from '../event-store/event-store.js';
import { memoryWorkStore } from '../work-store/work-store.memory.js';
import { parkingOf } from './event-parking.js';
import { inTurn } from './turns.js';

type Entry = { readonly key: string; readonly n: number };
const entry = (key: string, n: number): Entry => ({ key, n });

/** A reader that keeps what it takes, and throws what it is told to. */
const open = (on = { work: memoryWorkStore(), clock: virtualClock() }) => {
  const taken: string[] = [];
  const reported: string[] = [];
  const world = { fault: (() => null) as (each: Entry) => Error | null, refusal: null as Error | null, position: 0 };
  const parking = parkingOf<Entry>({
    ...{ service: 'power', reader: 'power.directory', turn: inTurn(), ...on },
    report: (where) => reported.push(where),
    keyOf: ({ key }) => key,
    idOf: ({ key, n }) => `${key}${n}`,
    fold: async (_, entries, move) => {
      if (world.refusal) throw world.refusal;
      for (const each of entries) {
        const fault = world.fault(each);
        if (fault) throw fault;
      }
      for (const { key, n } of entries) if (!taken.includes(`${key}${n}`)) taken.push(`${key}${n}`);
      world.position = move?.upTo ?? world.position;
    },
  });
  const take = (upTo: number, ...entries: Entry[]) =>
    parking.take({ source: 'inventory', entries, from: world.position, upTo });
  const letters = async () =>
    (await parking.letters()).map(({ key, followers, attempts }) => [key, followers, attempts]);
  return { ...on, parking, take, taken, reported, world, letters };
};
const poison = (key: string, n: number) => (each: Entry) => {
  return each.key === key && each.n === n ? new TypeError('no name') : null;
};

it('K16: an event that cannot be taken is put aside with what follows it, and other keys go on', async () => {
  const { take, taken, world, parking } = open();
  world.fault = poison('b', 1);
  await take(3, entry('a', 1), entry('b', 0), entry('b', 1), entry('b', 2), entry('c', 1));
  expect([taken.sort(), world.position]).toEqual([['a1', 'b0', 'c1'], 3]);
  await take(5, entry('b', 3), entry('a', 2));
  expect([taken.at(-1), world.position, parking.size()]).toEqual(['a2', 5, 1]);
  expect(parking.head('b')).toMatchObject({ entry: { n: 1 }, attempts: 1, error: { class: 'TypeError' } });
});

it('K16: it is tried five times, later and later, and is a dead letter then', async () => {
  const { take, world, clock, letters, reported } = open();
  world.fault = poison('b', 1);
  await take(1, entry('b', 1), entry('b', 2));
  for (const [ms, tries] of [
    [399, 1],
    [1, 2],
    [800, 3],
    [1600, 4],
  ] as const) {
    await clock.advance(ms);
    expect([tries, await letters()]).toEqual([tries, []]);
  }
  await clock.advance(3200);
  expect(await letters()).toEqual([['b', 1, 5]]);
  await clock.advance(3_600_000);
  expect(await letters()).toEqual([['b', 1, 5]]);
  expect(reported).toEqual(['power.directory: b', 'power.directory: b is parked']);
});

it('K16: what passes by itself is taken with what followed it, in order', async () => {
  const { take, taken, world, clock, parking } = open();
  world.fault = poison('b', 1);
  await take(1, entry('b', 1), entry('b', 2));
  await take(2, entry('b', 3));
  world.fault = () => null;
  await clock.advance(400);
  expect([taken, parking.size()]).toEqual([['b1', 'b2', 'b3'], 0]);
});

it.each([
  ['a store that refuses', new StoreRefused('store_full', 'full')],
  ['an abort', Object.assign(new Error('stop'), { name: 'AbortError' })],
  ['a time-out', Object.assign(new Error('late'), { name: 'TimeoutError' })],
])('K16: %s is no fault of the event, and never counts', async (_, refusal) => {
  const { take, world, parking } = open();
  world.refusal = refusal;
  await expect(take(1, entry('a', 1))).rejects.toBe(refusal);
  expect([parking.size(), world.position]).toEqual([0, 0]);
});

it('K16, K40: a stream that cannot be read holds up its own key alone; that never counts, and is tried again', async () => {
  const { take, taken, world, clock, parking, letters } = open();
  const closed = new StoreRefused('stream_unreadable', 'the commit at position 7 cannot be read');
  world.fault = ({ key }) => (key === 'b' ? closed : null);
  await take(3, entry('a', 1), entry('b', 1), entry('b', 2), entry('c', 1));
  expect([taken, world.position, parking.size()]).toEqual([['a1', 'c1'], 3, 1]);
  await clock.advance(600_000);
  expect(await letters()).toEqual([['b', 1, 0]]); // health names it
  world.fault = () => null;
  await clock.advance(60_000);
  expect([taken, parking.size()]).toEqual([['a1', 'c1', 'b1', 'b2'], 0]);
});

it('K16: nothing counts while the views take no writes, whatever the error says', async () => {
  const { take, world, parking } = open();
  world.refusal = new Error('some error of a disk');
  await expect(take(1, entry('a', 1))).rejects.toThrow('some error of a disk');
  expect(parking.size()).toBe(0);
});

it('K16: a replay takes them in order, whatever the position, and says why it could not', async () => {
  const { take, taken, world, clock, parking } = open();
  world.fault = poison('b', 1);
  await take(1, entry('b', 1), entry('b', 2), entry('b', 3));
  await clock.advance(60_000);
  await take(9, entry('a', 1));
  const [letter] = await parking.letters();
  expect(letter).toMatchObject({ consumer: 'power.directory', service: 'power', event: { n: 1 }, followers: 2 });
  const id = letter?.id ?? '';
  expect(await parking.replay(id)).toEqual({ is: 'failed', why: 'no name' });
  expect((await parking.letters())[0]).toMatchObject({ id, attempts: 6, firstAt: letter?.firstAt });
  world.fault = poison('b', 3); // the code was fixed, and another event is found wrong
  expect(await parking.replay(id)).toEqual({ is: 'held', why: 'no name' });
  expect([taken, parking.head('b')]).toMatchObject([['a1', 'b1', 'b2'], { entry: { n: 3 }, attempts: 1 }]);
  await clock.advance(60_000);
  expect(await parking.replay(id)).toEqual({ is: 'gone' }); // that letter was of another event
  const [next] = await parking.letters();
  world.fault = () => null;
  expect([await parking.replay(next?.id ?? ''), taken.at(-1), world.position]).toEqual([{ is: 'taken' }, 'b3', 9]);
  expect([await parking.letters(), await parking.replay(next?.id ?? '')]).toEqual([[], { is: 'gone' }]);
});

it('K16: a replay that a stop breaks off does not say that everything was taken', async () => {
  const { take, world, clock, parking } = open();
  world.fault = poison('b', 1);
  await take(1, entry('b', 1), entry('b', 2));
  await clock.advance(60_000);
  const id = (await parking.letters())[0]?.id ?? '';
  world.fault = () => (parking.stop(), null);
  expect(await parking.replay(id)).toEqual({ is: 'held', why: 'the process stops' });
});

it('K16: what is discarded is given up, and what follows it is taken', async () => {
  const { take, taken, world, clock, parking, work } = open();
  world.fault = poison('b', 1);
  await take(1, entry('b', 1), entry('b', 2));
  await clock.advance(60_000);
  expect(await parking.discard((await parking.letters())[0]?.id ?? '')).toBe(true);
  expect([taken, parking.size(), await work.rows('parked power.directory')]).toEqual([['b2'], 0, []]);
});

it('K16: a repeated discard gives up nothing else of the key: neither what is being tried nor the next dead letter', async () => {
  const { take, taken, world, clock, parking } = open();
  world.fault = ({ key, n }) => (key === 'b' && n < 3 ? new TypeError('no name') : null);
  await take(3, entry('b', 1), entry('b', 2), entry('b', 3));
  await clock.advance(60_000);
  const id = (await parking.letters())[0]?.id ?? '';
  expect(await Promise.all([parking.discard(id), parking.discard(id)])).toEqual([true, false]);
  expect(parking.head('b')).toMatchObject({ entry: { n: 2 }, attempts: 1 });
  await clock.advance(60_000);
  expect([await parking.discard(id), parking.head('b')]).toMatchObject([false, { entry: { n: 2 }, attempts: 5 }]);
  world.fault = () => null;
  expect([await parking.replay((await parking.letters())[0]?.id ?? ''), taken]).toEqual([
    { is: 'taken' },
    ['b2', 'b3'],
  ]);
});

it('K16: what is tried again by itself is not discarded, though it was a letter before', async () => {
  const { take, taken, world, clock, parking } = open();
  world.fault = ({ key }) => (key === 'b' ? new StoreRefused('stream_unreadable', 'it cannot be read') : null);
  await take(1, entry('b', 1));
  const id = (await parking.letters())[0]?.id ?? '';
  world.fault = poison('b', 1); // the stream takes events again
  await clock.advance(30_000);
  expect([await parking.letters(), await parking.discard(id)]).toEqual([[], false]);
  world.fault = () => null;
  await clock.advance(60_000);
  expect(taken).toEqual(['b1']);
});

it('K16: what waited behind a letter is tried again when the store was in the way of that', async () => {
  const { take, taken, world, clock, parking } = open();
  world.fault = poison('b', 1);
  await take(1, entry('b', 1), entry('b', 2));
  await clock.advance(60_000);
  world.refusal = new StoreRefused('store_full', 'full');
  await expect(parking.discard((await parking.letters())[0]?.id ?? '')).rejects.toBe(world.refusal);
  world.refusal = null;
  await clock.advance(60_000);
  expect([taken, parking.size()]).toEqual([['b2'], 0]);
});

it('K16: a process that comes after knows what is parked, and a repeat after a crash is there once', async () => {
  const before = open();
  before.world.fault = poison('b', 1);
  await before.take(2, entry('b', 1), entry('b', 2));
  before.parking.stop();
  const after = open({ work: before.work, clock: before.clock });
  after.world.fault = poison('b', 1);
  await after.take(3, entry('b', 1), entry('b', 2), entry('b', 3)); // the position was lost with a power cut
  expect(after.taken).toEqual([]);
  await before.clock.advance(60_000);
  expect(await after.letters()).toEqual([['b', 2, 5]]);
  after.world.fault = () => null;
  await after.parking.replay((await after.parking.letters())[0]?.id ?? '');
  expect(after.taken).toEqual(['b1', 'b2', 'b3']);
});

it('K16: what a parked event costs does not grow with how many wait before it', async () => {
  const { take, taken, world, clock, letters, parking } = open();
  world.fault = poison('b', 0);
  const many = 30_000; // one by one: were all of them looked through each time, this would not end in time
  for (let n = 0; n < many; n++) await take(n, entry('b', n));
  await clock.advance(60_000);
  expect(await letters()).toEqual([['b', many - 1, 5]]);
  await take(many, entry('b', many - 1));
  expect(await letters()).toEqual([['b', many - 1, 5]]); // a repeat
  world.fault = poison('b', 120);
  await parking.replay((await parking.letters())[0]?.id ?? '');
  expect([taken.length, parking.head('b')?.entry]).toEqual([120, { key: 'b', n: 120 }]);
  expect(taken).toEqual(Array.from({ length: 120 }, (_, n) => `b${n}`));
}, 30_000);

it('K16: a reader that begins anew judges anew', async () => {
  const { take, world, parking, work } = open();
  world.fault = poison('b', 1);
  await take(1, entry('b', 1));
  await parking.forget('power');
  expect(parking.size()).toBe(1); // of another source
  await parking.forget('inventory');
  expect([parking.size(), await work.rows('parked power.directory')]).toEqual([0, []]);
});

it('K16: what cannot be parsed is parked at once, with its bytes, and read again for a replay', async () => {
  const { taken, parking, take, letters } = open();
  const unreadable = { position: 4, key: 'b', ids: [], bytes: '{"odd":1}', error: new SyntaxError('odd') };
  await parking.take({ source: 'inventory', entries: [], from: 3, upTo: 4, unreadable });
  await take(5, entry('b', 2));
  expect(await letters()).toEqual([['b', 1, 1]]);
  const [letter] = await parking.letters();
  expect(letter).toMatchObject({ error: { class: 'SyntaxError', detail: 'odd' } });
  expect(Buffer.from(String(letter?.event), 'base64').toString()).toBe('{"odd":1}');
  expect(await parking.replay(letter?.id ?? '')).toEqual({ is: 'failed', why: 'it cannot be read again' });
  parking.readAgain(
    async (source, position) => (expect([source, position]).toEqual(['inventory', 4]), [entry('b', 1)]),
  );
  expect([await parking.replay(letter?.id ?? ''), taken]).toEqual([{ is: 'taken' }, ['b1', 'b2']]);
});

it('K16: a process that does not read shows what is parked and takes nothing of it, however often it is asked', async () => {
  const reader = open();
  reader.world.fault = poison('b', 1);
  await reader.take(2, entry('b', 1), entry('b', 2));
  const follower = open({ work: reader.work, clock: reader.clock }); // its views could take them
  follower.parking.fence(() => false);
  for (let asked = 0; asked < 3; asked++) {
    expect(await follower.parking.letters()).toEqual([]); // not dead yet
    await reader.clock.advance(1_000);
    follower.parking.leave();
  }
  await reader.clock.advance(60_000);
  const [letter] = await follower.parking.letters();
  expect([follower.taken, letter?.key]).toEqual([[], 'b']);
  const id = letter?.id ?? '';
  expect([await follower.parking.replay(id), await follower.parking.discard(id)]).toEqual([
    { is: 'elsewhere' },
    'elsewhere',
  ]);
  reader.world.fault = () => null;
  expect([await reader.parking.replay(id), reader.taken]).toEqual([{ is: 'taken' }, ['b1', 'b2']]);
});

it('takes what can be taken where nothing can be parked, though it has not settled what an older release parked', async () => {
  const work = memoryWorkStore();
  const refusal = new StoreRefused('store_unavailable', 'no space');
  const taken: Entry[] = [];
  const parking = parkingOf<Entry>({
    ...{ service: 'power', reader: 'views of power', views: 'views@1', turn: inTurn(), clock: virtualClock() },
    work: { ...work, write: () => Promise.reject(refusal) },
    report: () => {},
    keyOf: ({ key }) => key,
    idOf: ({ key, n }) => `${key}${n}`,
    fold: async (_, entries) => void taken.push(...entries),
  });
  await parking.take({ source: 'power', entries: [entry('a', 1)], from: 0, upTo: 1 });
  expect(taken).toEqual([entry('a', 1)]);
});
