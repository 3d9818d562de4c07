import { expect, it } from '@jest/globals';
import { eventType, type CloudEvent, type DataOf, type PublicEvent } from '@drover/contracts';
import { CommitId, FactId, StreamId, type Projection } from '@drover/kernel';
import { virtualClock } from '../clock/clock.memory.js';
import type { Consumer } from '../event-bus/event-bus.js';
import { memoryEventBus } from '../event-bus/event-bus.memory.js';
import { memoryEventStore } from '../event-store/event-store.memory.js';
import { memoryJobQueue } from '../job-queue/job-queue.memory.js';
import { memoryViewStore } from '../view-store/view-store.memory.js';
import type { ViewGroup } from '../view-store/view-store.js';
import { memoryWorkStore } from '../work-store/work-store.memory.js';
import { parkingConsumer } from './view-consumer.js';
import { flowsOf } from './flows.js';
import type { StoredFact } from './stored-fact.js';

/** T-POI-1 has 10,000 events, at night (`npm run faults -- --tier nightly`); the rule is the same with fewer. */
const EVENTS = process.env['FAULTS_TIER'] === 'nightly' ? 10_000 : 2_000;
const KEYS = 200;
const type = eventType('power', 'audit-action-recorded');
const BAD = 20;
type Told = DataOf<typeof type>;

/** A house in which one service tells and another listens; `world` says what cannot be parsed, and what cannot be taken. */
const open = async () => {
  const clock = virtualClock();
  const eventStore = memoryEventStore();
  const bus = memoryEventBus(clock, () => {});
  const jobs = memoryJobQueue(clock);
  const flows = flowsOf({ bus, jobs, clock, report: () => {} });
  const world = { fixed: false };
  const publish = ({ fact, stream }: StoredFact): PublicEvent | null => {
    if (!world.fixed && fact['is'] === 'unparsable') throw new SyntaxError('no such shape');
    const data = { command: String(fact['n']), target: String(fact['is']) };
    return { type, subject: `audit/${stream}`, partitionkey: StreamId.key('vm', stream), data };
  };
  const applied: string[] = [];
  const orders = new Map<string, string[]>();
  const group = await memoryViewStore(clock).open('listener', []);
  const consumer = parkingConsumer(
    {
      ...{ service: 'gateway', name: 'listener', listensTo: new Set([type]), group },
      fold: async (source, events: readonly CloudEvent[], move) => {
        for (const { data } of events)
          if (!world.fixed && (data as Told).target === 'poison') throw new TypeError('no such name');
        for (const { id, partitionkey, data } of events) {
          if (applied.includes(id)) continue; // a repeat changes nothing
          applied.push(id);
          const order = orders.get(partitionkey) ?? [];
          orders.set(partitionkey, [...order, (data as Told).command]);
        }
        await group.commit({ source, ...move, revision: await group.revision(), writes: [] });
      },
    },
    { work: memoryWorkStore(), clock, report: () => {} },
  );
  // Whatever the topology says that they listen to, they do nothing of it.
  const ears: Consumer = { name: 'ears', listensTo: 'all', position: async () => 1e9, take: async () => {} };
  flows.add({ service: 'power', eventStore, publish, consumers: [ears], policies: [] });
  const own = { service: 'gateway', eventStore: memoryEventStore(), publish: () => null } as const;
  flows.add({ ...own, consumers: [ears, consumer], policies: [] });
  const versions = new Map<StreamId, number>();
  const tell = async (n: number, key: number, what: string) => {
    const stream = StreamId.of('vm', `m${key}`);
    const version = versions.get(stream) ?? 0;
    versions.set(stream, version + 1);
    await eventStore.append({
      ...{ stream, version, commitId: CommitId.create() },
      facts: [{ id: FactId.create(), fact: { type: 'Told', n, is: what } }],
      metadata: { at: clock.now(), actor: 'ana', requestId: 'r1' },
    });
  };
  return { clock, flows, world, tell, applied, orders };
};

it('T-POI-1: K16: poison stops nobody: others flow, forty dead letters, a fix, a replay that applies each once', async () => {
  const { clock, flows, world, tell, applied, orders } = await open();
  // The first event of 20 keys cannot be parsed, that of 20 others cannot be taken; what follows in them is sound.
  const what = (n: number) => (n < BAD ? 'unparsable' : n < 2 * BAD ? 'poison' : 'sound');
  for (let n = 0; n < EVENTS; n++) await tell(n, n % KEYS, what(n));
  await flows.start();
  expect(applied).toHaveLength(EVENTS - (EVENTS / KEYS) * 2 * BAD); // at once: nobody waits for a retry
  await clock.advance(60_000);
  const letters = await flows.deadLetters.list();
  expect(letters).toHaveLength(2 * BAD);
  for (const { key, event, error, attempts, followers } of letters) {
    const parsed = Number(key.slice(1)) >= BAD;
    expect([attempts, followers, error.class]).toEqual([
      ...[parsed ? 5 : 1, EVENTS / KEYS - 1, parsed ? 'TypeError' : 'SyntaxError'],
    ]);
    const bytes = typeof event === 'string' ? Buffer.from(event, 'base64').toString() : JSON.stringify(event);
    expect(bytes).toContain(parsed ? '"poison"' : '"unparsable"');
  }
  world.fixed = true;
  for (const { id } of letters) expect(await flows.deadLetters.replay(id)).toEqual({ is: 'taken' });
  for (const { id } of letters)
    expect([await flows.deadLetters.replay(id), await flows.deadLetters.discard(id)]).toEqual([{ is: 'gone' }, false]);
  expect(await flows.deadLetters.list()).toEqual([]);
  expect([applied.length, new Set(applied).size]).toEqual([EVENTS, EVENTS]);
  for (const order of orders.values())
    expect(order).toEqual(order.toSorted((one, other) => Number(one) - Number(other)));
  await flows.stop();
});

it('K16: a retry and what comes meanwhile are taken one after the other, so neither undoes the other', async () => {
  const clock = virtualClock();
  const eventStore = memoryEventStore();
  const world = { poisoned: true, gate: Promise.resolve(), inside: 0, most: 0 };
  const names: Projection<StoredFact, { readonly n: number }> = {
    ...{ view: 'names', revision: 1, listensTo: ['Told'], index: {} },
    key: ({ stream }) => stream,
    evolve: (row, { stream }) => {
      if (world.poisoned && stream === StreamId.of('vm', 'bad')) throw new TypeError('no such name');
      return { n: (row?.n ?? 0) + 1 };
    },
  };
  const views = await memoryViewStore(clock).open('own', [names]);
  const group: ViewGroup = {
    ...views,
    commit: async (change) => {
      world.most = Math.max(world.most, ++world.inside);
      await world.gate;
      await views.commit(change);
      world.inside -= 1;
    },
  };
  const flows = flowsOf({ bus: memoryEventBus(clock), jobs: memoryJobQueue(clock), clock, report: () => {} });
  const ears: Consumer = { name: 'ears', listensTo: 'all', position: async () => 1e9, take: async () => {} };
  flows.add({
    ...{ service: 'power', eventStore, publish: () => null, work: memoryWorkStore() },
    ...{ own: { group, projections: [names] }, consumers: [ears], policies: [] },
  });
  const tell = (name: string) =>
    eventStore.append({
      ...{ stream: StreamId.of('vm', name), version: 0, commitId: CommitId.create() },
      facts: [{ id: FactId.create(), fact: { type: 'Told' } }],
      metadata: { at: clock.now(), actor: 'ana', requestId: 'r1' },
    });
  await tell('bad');
  await flows.start();
  expect(world.most).toBe(1);
  world.poisoned = false;
  let open = () => {};
  world.gate = new Promise((done) => (open = done));
  await tell('good');
  while (world.inside === 0) await clock.advance(0); // the view is being written
  await clock.advance(400); // and the retry is due
  open();
  await flows.caughtUp();
  await clock.advance(1);
  const rows = await Promise.all(['bad', 'good'].map((name) => views.view('names').get(StreamId.of('vm', name))));
  expect([rows, world.most, await views.checkpoint('power')]).toEqual([[{ n: 1 }, { n: 1 }], 1, 2]);
  await flows.stop();
});
