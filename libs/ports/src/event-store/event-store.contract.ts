// The laws of an event store, run by each of its adapters. A law says what every caller may rely on.
// Never: a law of one adapter. What is special about one is in its own spec.
import { expect } from '@jest/globals';
import { CommandId, CommitId, FactId, Instant, SessionId, StreamId, VmId, type Fact } from '@drover/kernel';
import { closing, lawsApart, type Laws } from '../laws/testing.js';
import {
  chainHash,
  GENESIS,
  StoreRefused,
  StreamMoved,
  type CommitMetadata,
  type Draft,
  type EventStore,
  type StreamPart,
} from './event-store.js';

const stream = StreamId.of('test', VmId.create());
const other = StreamId.of('connection', 'lab');
const metadata: CommitMetadata = { at: Instant.parse('2026-11-20T10:00:00Z'), actor: 'ana', requestId: 'r1' };
const counted = (n: number) => ({ type: 'Counted', n });
const draft = (version: number, ...facts: Fact[]): Draft => ({
  stream,
  version,
  commitId: CommitId.create(),
  facts: facts.map((fact) => ({ id: FactId.create(), fact })),
  metadata,
});
const facts = async (store: EventStore) =>
  (await store.read(stream)).flatMap((commit) => commit.facts.map(({ fact }) => fact));

/** The laws every event store keeps, each with its proof. */
export const eventStoreLaws = {
  'an unknown stream has no commits': async (store) => expect(await store.read(stream)).toEqual([]),

  'what was appended comes back, in order, with its ids and metadata': async (store) => {
    const full = {
      ...metadata,
      session: SessionId.parse('s'),
      ip: '192.0.2.1',
      reason: 'why',
      commandId: CommandId.parse('c'),
      fingerprint: 'f',
      traceparent: 't',
    };
    const [one, two] = [draft(0, counted(1), counted(2)), { ...draft(2, counted(3)), metadata: full }];
    const commits = [await store.append(one), await store.append(two)];
    expect(commits).toMatchObject([one, two]);
    expect(await store.read(stream)).toEqual(commits);
  },

  'exactly one of two concurrent writers gets through': async (store) => {
    const both = await Promise.allSettled([1, 2].map((n) => store.append(draft(0, counted(n)))));
    expect(both.map((each) => each.status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(both.find((each) => each.status === 'rejected')).toMatchObject({ reason: expect.any(StreamMoved) });
    expect(await facts(store)).toHaveLength(1);
  },

  'an expected version inside a commit is refused': async (store) => {
    await store.append(draft(0, counted(1), counted(2), counted(3)));
    for (const inside of [1, 2]) await expect(store.append(draft(inside, counted(4)))).rejects.toThrow(StreamMoved);
    await store.append(draft(3, counted(4)));
  },

  'an expected version beyond the end is refused': async (store) =>
    expect(store.append(draft(1, counted(1)))).rejects.toThrow(StreamMoved),

  'a commit that is appended again is answered as the first time, and stored once': async (store) => {
    const mine = draft(0, counted(1), counted(2));
    const first = await store.append(mine);
    expect(await store.append(mine)).toEqual(first);
    await store.append(draft(2, counted(3)));
    expect(await store.append(mine)).toEqual(first);
    expect(await facts(store)).toEqual([1, 2, 3].map(counted));
  },

  'one position for each commit, growing across streams': async (store) => {
    const [a, b] = [
      await store.append(draft(0, counted(1), counted(2))),
      await store.append({ ...draft(0, counted(2)), stream: other }),
    ];
    const c = await store.append(draft(2, counted(3)));
    expect(a.position < b.position && b.position < c.position).toBe(true);
  },

  'each commit carries the hash of the one before it, whatever its stream': async (store) => {
    const first = await store.append(draft(0, counted(1)));
    const second = await store.append({ ...draft(0, counted(2)), stream: other });
    expect([first.prevHash, second.prevHash]).toEqual([GENESIS, chainHash(first)]);
    expect((await store.read(other)).map(chainHash)).toEqual([chainHash(second)]);
  },

  'facts survive the trip through JSON, instants as text': async (store) => {
    const list = [0.1, { deep: [true, ''] }];
    const rich: Fact = { type: 'Rich', at: metadata.at, text: 'Zürich "\n" 🐑', none: null, list };
    await store.append(draft(0, rich));
    expect(await facts(store)).toStrictEqual([rich]);
  },

  'history cannot be changed from outside': async (store) => {
    const mine = counted(1);
    await store.append(draft(0, mine));
    mine.n = 2;
    expect(await facts(store)).toEqual([counted(1)]);
  },

  'a part of a stream begins at a version or ends at an instant': async (store) => {
    const at = (minute: number) => ({ ...metadata, at: Instant.plusSeconds(metadata.at, minute * 60) });
    await store.append({ ...draft(0, counted(1), counted(2)), metadata: at(0) });
    await store.append({ ...draft(2, counted(3)), metadata: at(1) });
    await store.append({ ...draft(3, counted(4)), metadata: at(2) });
    const versions = async (part: StreamPart) => (await store.read(stream, part)).map(({ version }) => version);
    expect(await versions({ from: 2 })).toEqual([2, 3]);
    expect(await versions({ from: 4 })).toEqual([]);
    expect(await versions({ at: at(1).at })).toEqual([0, 2]);
    expect(await versions({ from: 2, at: at(1).at })).toEqual([2]);
  },

  'positions are dense, and all commits can be read from any of them': async (store) => {
    const streams = Array.from({ length: 20 }, (_, i) => StreamId.of('test', `s${i}`));
    const made = await Promise.all(streams.map((each, i) => store.append({ ...draft(0, counted(i)), stream: each })));
    const all = await store.readAll(0, 100);
    expect(all.map(({ position }) => position)).toEqual(streams.map((_, i) => i + 1));
    expect([...all].sort((a, b) => (a.stream < b.stream ? -1 : 1))).toEqual(
      [...made].sort((a, b) => (a.stream < b.stream ? -1 : 1)),
    );
    expect(await store.readAll(7, 5)).toEqual(all.slice(7, 12));
    expect(await store.readAll(20, 5)).toEqual([]);
  },

  'says where it ends': async (store) => {
    expect(await store.end()).toBe(0);
    await store.append(draft(0, counted(1), counted(2)));
    await store.append({ ...draft(0, counted(2)), stream: other });
    expect(await store.end()).toBe((await store.readAll(0, 9)).at(-1)?.position);
  },

  'listeners are told of every commit once, in position order, and not after they leave': async (store) => {
    const told: number[] = [];
    const leave = store.subscribe((commits) => told.push(...commits.map(({ position }) => position)));
    await Promise.all(
      [1, 2, 3].map((n) => store.append({ ...draft(0, counted(n)), stream: StreamId.of('test', `s${n}`) })),
    );
    const mine = draft(0, counted(4));
    await store.append(mine);
    await store.append(mine);
    expect(told).toEqual([1, 2, 3, 4]);
    leave();
    await store.append(draft(1, counted(5)));
    expect(told).toEqual([1, 2, 3, 4]);
  },

  'one loser does not stop those who write beside it': async (store) => {
    await store.append(draft(0, counted(0)));
    const results = await Promise.allSettled([
      store.append(draft(0, counted(1))),
      ...[2, 3].map((n) => store.append({ ...draft(0, counted(n)), stream: StreamId.of('test', `s${n}`) })),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
    expect((await store.readAll(0, 10)).map(({ position }) => position)).toEqual([1, 2, 3]);
  },

  'a store that lacks nothing says so, of itself and of each stream': async (store) => {
    await store.append(draft(0, counted(1)));
    expect([store.run, store.lack(), store.lack(stream)]).toEqual([0, null, null]);
  },

  'a fact of a megabyte and a stream of 10,000 facts are kept whole': async (store) => {
    const big = { type: 'Big', text: 'x'.repeat(1024 * 1024) };
    await store.append({ ...draft(0, big), stream: other });
    expect((await store.read(other))[0]?.facts[0]?.fact).toEqual(big);
    for (let version = 0; version < 10_000; version += 500)
      await store.append(draft(version, ...Array.from({ length: 500 }, (_, i) => counted(version + i))));
    expect((await facts(store)).map(({ n }) => n)).toEqual(Array.from({ length: 10_000 }, (_, i) => i));
  },
} satisfies Laws<EventStore>;

/** Runs the laws. An adapter's own spec is one call to this function. */
export const eventStoreContract = (name: string, open: () => Promise<EventStore>) =>
  lawsApart(`${name} keeps the laws of the event store`, eventStoreLaws, open);

/** What the laws of a store that was cut run on: one of which two commits of `stream` are left, and some are not. */
export interface ShortStoreBench {
  readonly store: EventStore;
  readonly stream: StreamId;
  close?(): Promise<void>;
}

/** Fills a store with two commits of a stream, and has it cut behind them. */
export const shortBench = async (
  store: EventStore,
  cut: (store: EventStore) => Promise<EventStore>,
): Promise<ShortStoreBench> => {
  for (const version of [0, 1]) await store.append(draft(version, counted(version)));
  return { store: await cut(store), stream };
};

/** The laws of a store that lacks what it had. */
export const shortStoreLaws = {
  'it says what it lacks, and takes nothing, whatever else stands against it': async ({ store, stream: cut }) => {
    const lack = store.lack();
    expect(lack).toBeInstanceOf(StoreRefused);
    expect(lack?.code).toBe('store_shorter_than_anchor');
    for (const version of [0, 2, 9])
      await expect(store.append({ ...draft(version, counted(1)), stream: cut })).rejects.toMatchObject({
        code: 'store_shorter_than_anchor',
      });
    expect((await store.readAll(0, 9)).length).toBe(2);
  },

  'what is left of it can be read': async ({ store, stream: cut }) =>
    expect((await store.read(cut)).map(({ version }) => version)).toEqual([0, 1]),
} satisfies Laws<ShortStoreBench>;

/** Runs the laws of a store that was cut. */
export const shortStoreContract = (name: string, open: () => Promise<ShortStoreBench>) =>
  lawsApart(`${name} keeps the laws of a store that lacks what it had`, shortStoreLaws, open, closing);

/** What the laws of a store that several processes share run on: handles, as each of them has one, and time that passes. */
export interface SharedStoreBench {
  handle(): Promise<EventStore>;
  pass(ms: number): Promise<void>;
  close?(): Promise<void>;
}

/** Within this time a process hears of what another has appended. */
const HEARD_MS = 1_000;

const heardBy = (store: EventStore) => {
  const heard: number[] = [];
  store.subscribe((commits) => heard.push(...commits.map(({ position }) => position)));
  return heard;
};
const elsewhere = (n: number) => ({ ...draft(0, counted(n)), stream: StreamId.of('test', `s${n}`) });

/** The laws of a store that several processes share. */
export const sharedStoreLaws = {
  'a listener hears what any process appends, within a second': async ({ handle, pass }) => {
    const [mine, other] = [await handle(), await handle()];
    const heard = heardBy(mine);
    for (const n of [1, 2, 3]) await other.append(elsewhere(n));
    await pass(HEARD_MS);
    expect(heard).toEqual([1, 2, 3]);
  },

  'and its own at once, behind what the others appended before': async ({ handle, pass }) => {
    const [mine, other] = [await handle(), await handle()];
    const heard = heardBy(mine);
    await other.append(elsewhere(1));
    await mine.append(elsewhere(2));
    expect(heard).toEqual([1, 2]);
    await other.append(elsewhere(3));
    await pass(HEARD_MS);
    expect(heard).toEqual([1, 2, 3]);
  },

  'of two processes that expect the same version one gets through, and the other is told': async ({ handle }) => {
    const [mine, other] = [await handle(), await handle()];
    await mine.append(draft(0, counted(1)));
    const both = await Promise.allSettled([mine.append(draft(1, counted(2))), other.append(draft(1, counted(3)))]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(both.find(({ status }) => status === 'rejected')).toMatchObject({ reason: expect.any(StreamMoved) });
  },

  'positions are dense and the chain is whole, whoever appends': async ({ handle }) => {
    const [mine, other] = [await handle(), await handle()];
    await Promise.all(Array.from({ length: 40 }, (_, n) => (n % 2 === 0 ? mine : other).append(elsewhere(n))));
    const all = await mine.readAll(0, 100);
    expect(all.map(({ position }) => position)).toEqual(all.map((_, i) => i + 1));
    expect(all.slice(1).map(({ prevHash }) => prevHash)).toEqual(all.slice(0, -1).map(chainHash));
    expect(all.length).toBe(40);
  },
} satisfies Laws<SharedStoreBench>;

/** Runs the laws of a store that several processes share. */
export const sharedStoreContract = (name: string, open: () => Promise<SharedStoreBench>) =>
  lawsApart(`${name} keeps the laws of a store that processes share`, sharedStoreLaws, open, closing);
