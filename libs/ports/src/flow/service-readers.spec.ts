import { setImmediate } from 'node:timers/promises';
import { expect, it, jest } from '@jest/globals';
import { CommitId, FactId, StreamId, type Projection } from '@drover/kernel';
import { virtualClock } from '../clock/clock.memory.js';
import { memoryEventBus } from '../event-bus/event-bus.memory.js';
import { memoryEventStore } from '../event-store/event-store.memory.js';
import { memoryJobQueue } from '../job-queue/job-queue.memory.js';
import { memoryLeaseStore } from '../lease/lease.memory.js';
import { leasesOn } from '../lease/leases.js';
import { memoryViewStore } from '../view-store/view-store.memory.js';
import type { ViewGroup } from '../view-store/view-store.js';
import { memoryWorkStore } from '../work-store/work-store.memory.js';
import { flowsOf } from './flows.js';
import { assertHeld } from './own-views.js';
import type { ServiceFlow } from './service-flow.js';
import { serviceReaders } from './service-readers.js';
import type { StoredFact } from './stored-fact.js';

type Counted = { readonly n: number };
const counts: Projection<StoredFact, Counted> = {
  view: 'counts',
  revision: 1,
  listensTo: ['Counted'],
  key: ({ stream }) => stream,
  evolve: (row) => ({ n: (row?.n ?? 0) + 1 }),
  index: {},
};
const stream = StreamId.of('audit', 'gateway');

/** Two processes of one service: the same stores, and leases that they share. */
const service = () => {
  const clock = virtualClock();
  const eventStore = memoryEventStore();
  const views = memoryViewStore(clock);
  const work = memoryWorkStore();
  const store = memoryLeaseStore();
  const reports: unknown[] = [];
  let version = 0;
  const add = (type = 'Counted') =>
    eventStore.append({
      ...{ stream, version: version++, commitId: CommitId.create() },
      facts: [{ id: FactId.create(), fact: { type } }],
      metadata: { at: clock.now(), actor: 'ana', requestId: 'r' },
    });
  const same = (group: ViewGroup) => group;
  const boot = async (name: string, evolve = counts.evolve, shape = '', change = same) => {
    const nudged: string[] = [];
    const jobs = memoryJobQueue(clock);
    const report = (...told: unknown[]) => reports.push(told);
    const flows = flowsOf({ bus: memoryEventBus(clock, report), jobs, clock, report });
    const projection = { ...counts, evolve };
    const group = change(await views.reshaped(shape).open('own', [projection]));
    const leases = leasesOn({ clock, store, holder: name, report });
    const ears = { name: 'ears', listensTo: 'all' as const, position: async () => 1e9, take: async () => {} };
    const policy = {
      name: 'look',
      advance: async (key: string) => void nudged.push(key),
      unfinished: async () => ['a'],
    };
    flows.add({
      ...{ service: 'gateway', eventStore, publish: () => null, consumers: [ears], leases, work },
      own: { group, projections: [projection] },
      policies: [{ policy, wakes: () => null }],
    });
    const started = flows.start();
    const counted = async () => (await group.view<Counted>('counts').get(stream))?.n ?? 0;
    return { flows, started, counted, nudged };
  };
  return { clock, add, boot, reports, store, work, eventStore };
};
const settled = async (clock: ReturnType<typeof virtualClock>, work: Promise<unknown>) => {
  let done = false;
  void work.then(() => (done = true));
  for (let n = 0; n < 100 && !done; n++) await clock.advance(100);
  expect(done).toBe(true);
};

it('one of the processes reads and reconciles; the other waits until its views are there, and reads them', async () => {
  const { clock, add, boot, reports } = service();
  for (let n = 0; n < 120; n++) await add();
  const [one, two] = [await boot('one'), await boot('two')];
  await settled(clock, Promise.all([one.started, two.started]));
  expect([await one.counted(), await two.counted()]).toEqual([120, 120]);
  expect([(await one.flows.readers()).length, (await two.flows.readers()).length]).toEqual([2, 0]);
  await add();
  await settled(clock, two.flows.caughtUp());
  expect(await two.counted()).toBe(121);
  await clock.advance(20_000);
  expect([one.nudged.length > 0, two.nudged.length]).toEqual([true, 0]);
  await Promise.all([one.flows.stop(), two.flows.stop()]);
  expect(reports).toEqual([]);
});

it('a process that follows is caught up with what there was, though more comes all the time', async () => {
  const { clock, add, boot } = service();
  const one = await boot('one');
  await settled(clock, one.started);
  const growing = (group: ViewGroup): ViewGroup => ({
    ...group,
    checkpoint: async (source) => {
      const at = await group.checkpoint(source);
      await add(); // before it has looked whether there is more
      return at;
    },
  });
  const two = await boot('two', counts.evolve, '', growing);
  await settled(clock, two.started);
  await Promise.all([one.flows.stop(), two.flows.stop()]);
});

it('another process reads on when the one that did is gone, and takes nothing twice', async () => {
  const { clock, add, boot, reports } = service();
  const [one, two] = [await boot('one'), await boot('two')];
  await settled(clock, Promise.all([one.started, two.started]));
  for (let n = 0; n < 10; n++) await add();
  await settled(clock, one.flows.caughtUp());
  await one.flows.stop(); // and releases what it held
  for (let n = 0; n < 10; n++) await add();
  await settled(clock, two.flows.caughtUp());
  expect([await two.counted(), (await two.flows.readers()).length]).toEqual([20, 2]);
  await two.flows.stop();
  expect(reports).toEqual([]);
});

it('what one process parked, the next one knows', async () => {
  const { clock, add, boot } = service();
  const broken = () => {
    throw new TypeError('no such member');
  };
  const one = await boot('one', broken);
  await settled(clock, one.started);
  const two = await boot('two');
  await settled(clock, two.started);
  expect(await two.flows.deadLetters.list()).toEqual([]);
  await add();
  await clock.advance(60_000); // the tries that an event has
  for (const each of [one, two]) expect(await each.flows.deadLetters.list()).toHaveLength(1);
  await one.flows.stop();
  await add();
  await clock.advance(5_000);
  expect(await two.counted()).toBe(0); // the second waits behind the first
  const [letter] = await two.flows.deadLetters.list();
  expect(letter).toMatchObject({ followers: 1 });
  expect(await two.flows.deadLetters.replay(letter?.id ?? '')).toEqual({ is: 'taken' });
  expect(await two.counted()).toBe(2);
  await two.flows.stop();
});

it.each([
  ['reads', 0],
  ['follows', 1],
])('a process that %s waits for the events of its own service, and starts once they can be read', async (_, before) => {
  const { clock, add, boot, eventStore } = service();
  await add();
  const others = before === 0 ? [] : [await boot('one')];
  for (const each of others) await settled(clock, each.started);
  const { end, readAll } = eventStore;
  const away = async () => Promise.reject(new Error('the disk is away'));
  Object.assign(eventStore, { end: away, readAll: away });
  const late = await boot('late');
  let started = false;
  void late.started.then(() => (started = true));
  await clock.advance(20_000);
  expect(started).toBe(false);
  Object.assign(eventStore, { end, readAll });
  for (let n = 0; n < 400 && !started; n++) await clock.advance(100);
  expect([started, await late.counted()]).toEqual([true, 1]);
  for (const each of [late, ...others]) await each.flows.stop();
});

it('a process that follows reads what is parked only when somebody has written to the store', async () => {
  const { clock, add, boot, work } = service();
  const broken = () => {
    throw new TypeError('no such member');
  };
  const one = await boot('one', broken);
  await settled(clock, one.started);
  await add();
  await clock.advance(60_000);
  const two = await boot('two');
  await settled(clock, two.started);
  await clock.advance(1_000);
  const rows = jest.spyOn(work, 'rows');
  await clock.advance(10_000);
  expect(rows).not.toHaveBeenCalled();
  await one.flows.deadLetters.replay((await one.flows.deadLetters.list())[0]?.id ?? '');
  rows.mockClear();
  await clock.advance(1_000);
  expect(rows).toHaveBeenCalled();
  for (const each of [two, one]) await each.flows.stop();
});

it('views of each shape are written by a process that has it, and one process of all reconciles', async () => {
  const { clock, add, boot, reports } = service();
  for (let n = 0; n < 60; n++) await add();
  const one = await boot('one');
  await settled(clock, one.started);
  const twice = (row: Counted | null) => ({ n: (row?.n ?? 0) + 2 });
  const [two, three] = [await boot('two', twice, 'b'), await boot('three', twice, 'b')];
  await settled(clock, Promise.all([two.started, three.started]));
  const counts = async () => Promise.all([one, two, three].map((each) => each.counted()));
  expect(await counts()).toEqual([60, 120, 120]);
  await add();
  await clock.advance(1_000);
  expect(await counts()).toEqual([61, 122, 122]);
  await clock.advance(20_000);
  expect([one, two, three].map(({ nudged }) => nudged.length > 0)).toEqual([true, false, false]);
  await two.flows.stop();
  await add();
  await clock.advance(5_000);
  expect(await counts()).toEqual([62, 124, 124]); // the third one has them now
  await one.flows.stop();
  await clock.advance(20_000);
  expect(three.nudged.length > 0).toBe(true);
  await three.flows.stop();
  expect(reports).toEqual([]);
});

it('what views of one shape cannot take is no matter of another, and what an older release parked is kept', async () => {
  const { clock, add, boot, work } = service();
  const broken = () => {
    throw new TypeError('no such member');
  };
  const one = await boot('one', broken);
  await settled(clock, one.started);
  await add();
  await clock.advance(60_000);
  const two = await boot('two', counts.evolve, 'b');
  await settled(clock, two.started);
  expect([await one.flows.deadLetters.list(), await two.flows.deadLetters.list()]).toMatchObject([[{}], []]);
  expect(await two.counted()).toBe(1);
  for (const each of [one, two]) await each.flows.stop();

  // An older release kept the rows of all shapes in one place.
  const kind = `parked own@${JSON.stringify([['counts', 1]])}`;
  const rows = await work.rows(kind);
  const older = rows.map(({ key, row }) => ({ kind: 'parked views of gateway', key, row }));
  const gone = [...rows.map(({ key }) => ({ kind, key })), { kind: 'older parked rows', key: kind }];
  await work.write([...older, ...gone.map((each) => ({ ...each, row: null }))]);
  const again = await boot('again');
  await settled(clock, again.started);
  const [letter] = await again.flows.deadLetters.list();
  expect(await again.flows.deadLetters.replay(letter?.id ?? '')).toEqual({ is: 'taken' });
  expect([await again.counted(), await work.rows('parked views of gateway')]).toEqual([1, []]);
  await work.write(older);
  const young = await boot('young', counts.evolve, 'c');
  await settled(clock, young.started);
  expect([await young.flows.deadLetters.list(), await young.counted()]).toEqual([[], 1]); // it judges anew
  // A process of the older release may have them still; they are none of its views, now or later.
  expect(await work.rows('parked views of gateway')).toHaveLength(1);
  await young.flows.stop();
  const later = await boot('later', counts.evolve, 'c');
  await settled(clock, later.started);
  expect([await later.flows.deadLetters.list(), (await work.rows('parked views of gateway')).length]).toEqual([[], 1]);
  for (const each of [again, later]) await each.flows.stop();
});

it('a start without leases that is given up in the middle ends without an error', async () => {
  const clock = virtualClock();
  const bus = memoryEventBus(clock, () => {});
  const flow: ServiceFlow = {
    ...{ service: 'gateway', eventStore: memoryEventStore(), publish: () => null, consumers: [], policies: [] },
    shift: {
      ...{ views: 'v', follow: async () => {}, upToNow: async () => () => true, catchUp: () => null },
      keepUp: async (isHeld) => {
        for (const until = performance.now() + 5_000; isHeld() && performance.now() < until;) await setImmediate();
        return true;
      },
      takeOver: async (isHeld) => assertHeld(isHeld, 'journal'),
    },
  };
  const readers = serviceReaders(flow, { bus, clock, report: () => {} });
  readers.start();
  const caughtUp = readers.caughtUp();
  await readers.stop();
  await expect(caughtUp).resolves.toBeUndefined();
});
