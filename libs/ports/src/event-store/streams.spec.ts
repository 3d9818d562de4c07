import { expect, it } from '@jest/globals';
import { Instant, reject, StreamId, VmId, type Actor, type Decider } from '@drover/kernel';
import { CommandId } from '@drover/kernel';
import { memoryEventStore } from './event-store.memory.js';
import { LOST_FACT, contextOf, type Commit, type EventStore } from './event-store.js';
import { streamsOf } from './streams.js';

type Added = { type: 'Added'; n: number };
const upToThree: Decider<number, Added, number, 'too_much'> = {
  initial: 0,
  decide: (n, sum) => (sum + n > 3 ? reject('too_much', 'three at most') : n === 0 ? [] : [{ type: 'Added', n }]),
  evolve: (sum, { n }) => sum + n,
};

const at = Instant.parse('2026-11-20T10:00:00Z');
const stream = StreamId.of('sum', VmId.create());
const request = (key: string): Actor => ({
  sub: 'ana',
  rights: [],
  requestId: 'r1',
  commandId: CommandId.of({ principal: 'ana', method: 'POST', route: '/', ids: '', key }),
});
const open = (store = memoryEventStore(), leapt = () => 0) => {
  const sums = streamsOf(upToThree, store, { isPublic: () => true, leapt });
  const add = (n: number, key: string, when = at) => sums.transact(stream, n, contextOf(request(key), { n }, when));
  return { add, sum: async () => (await sums.load(stream)).state };
};

it('answers a repeated request with its own commit, and asks nobody', async () => {
  const { add, sum } = open();
  await add(2, 'k');
  expect(await add(2, 'k')).toMatchObject({ facts: [{ type: 'Added', n: 2 }], replayed: true });
  expect(await sum()).toBe(2);
});

it('makes one commit of ten concurrent repeats', async () => {
  const { add, sum } = open();
  await Promise.all(Array.from({ length: 10 }, () => add(1, 'k')));
  expect(await sum()).toBe(1);
});

it('refuses the same key for another request', async () => {
  const { add } = open();
  await add(1, 'k');
  expect(await add(2, 'k')).toMatchObject({ rejected: 'idempotency_key_reused' });
});

it('takes a key that is a day old for a new request', async () => {
  const { add, sum } = open();
  await add(1, 'k');
  await add(1, 'k', Instant.plusSeconds(at, 24 * 3600));
  expect(await sum()).toBe(2);
});

it('T-CLK-1: a clock that leaps ends no key: the leap is no part of its day', async () => {
  const day = 24 * 3_600_000;
  const { add, sum } = open(memoryEventStore(), () => day);
  const after = (ms: number) => Instant.plusSeconds(at, (day + ms) / 1000);
  await add(1, 'k');
  await add(1, 'other', after(1000));
  expect(await add(1, 'k', after(2000))).toMatchObject({ replayed: true });
  expect(await add(1, 'k', after(day))).toMatchObject({ replayed: false });
  expect(await sum()).toBe(3);
});

it('pins nothing when it refuses', async () => {
  const { add } = open();
  expect(await add(4, 'k')).toMatchObject({ rejected: 'too_much' });
  expect(await add(3, 'k')).toMatchObject({ replayed: false });
});

it('sends an append again when its answer was lost, and stores it once', async () => {
  const store = memoryEventStore();
  let losses = 1;
  const { add, sum } = open({
    ...store,
    append: async (draft) => {
      const commit = await store.append(draft);
      if (losses-- > 0) throw new Error('connection lost');
      return commit;
    },
  });
  expect(await add(2, 'k')).toMatchObject({ replayed: false });
  expect(await sum()).toBe(2);
});

it('lets a hundred requests of one stream in, one after the other', async () => {
  const store = memoryEventStore();
  const many: Decider<number, Added, number, never> = { ...upToThree, decide: (n) => [{ type: 'Added', n }] };
  const sums = streamsOf(many, store, { isPublic: () => true, attempts: 1 });
  await Promise.all(
    Array.from({ length: 100 }, (_, i) => sums.transact(stream, 1, contextOf(request(`k${i}`), { i }, at))),
  );
  expect((await sums.load(stream)).state).toBe(100);
});

it('K42: a store that lacks what it had says so before anything is decided, be it a refusal, a repeat or a dry run', async () => {
  let short = false;
  const { add, sum } = open(memoryEventStore({ lacks: () => short }));
  await add(3, 'k');
  short = true;
  const lacking = { name: 'StoreRefused', code: 'store_shorter_than_anchor' };
  await expect(add(1, 'too much')).rejects.toMatchObject(lacking);
  await expect(add(3, 'k')).rejects.toMatchObject(lacking);
  await expect(add(0, 'already so')).rejects.toMatchObject(lacking);
  expect(await sum()).toBe(3); // reads go on
});

it('K40: a commit whose loss was accepted keeps its numbers, says nothing, and the stream goes on behind it', async () => {
  const store = memoryEventStore();
  const before = open(store);
  for (const [n, key] of [
    [1, 'a'],
    [1, 'b'],
    [1, 'c'],
  ] as const)
    await before.add(n, key);
  const withoutSecond = (commits: readonly Commit[]) =>
    commits.map((commit) =>
      commit.version === 1
        ? { ...commit, facts: commit.facts.map(({ id }) => ({ id, fact: { type: LOST_FACT } })) }
        : commit,
    );
  const lossy: EventStore = { ...store, read: async (...of) => withoutSecond(await store.read(...of)) };
  const { add, sum } = open(lossy);
  expect(await sum()).toBe(2);
  expect(await add(1, 'd')).toMatchObject({ replayed: false, commit: { version: 3 } });
  const sums = streamsOf(upToThree, lossy, { isPublic: () => true });
  expect(await sums.load(stream)).toMatchObject({ version: 4, sequence: 4 });
  expect((await sums.commits(stream)).map(({ version }) => version)).toEqual([0, 2, 3]);
});
