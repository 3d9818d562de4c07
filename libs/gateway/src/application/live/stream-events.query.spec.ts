import { afterEach, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { eventType, type EventType } from '@drover/contracts';
import { StreamId } from '@drover/kernel';
import { eventOf, type reader } from '../../api/testing.js';
import { admin, granted, houses, turn, viewer, vmId, type GatewayHouse } from '../../testing.js';

const { started: built, end } = houses();
afterEach(async () => expect(await end()).toEqual([]));
const started = async (...given: Parameters<typeof built>) => {
  const here = await built(...given);
  await here.tell.connected();
  await here.settled();
  return here;
};

type Asking = Parameters<GatewayHouse['connect']>;
const ask = (here: GatewayHouse, ...asked: Asking) => here.openStream(...asked);
const connect = (here: GatewayHouse, ...asked: Asking) => here.connect(...asked);
const shape = (me: ReturnType<typeof reader>) => me.frames().map(({ event, comment }) => event ?? comment);
const short = (me: ReturnType<typeof reader>) =>
  me.facts().map((frame) => `${eventOf(frame).subject} ${eventOf(frame).type.split('.')[3]}`);

it.each(['nonsense', '1', 'c1.k0.1', 'c1.k1-r1.99999', 'x'.repeat(10_000)])(
  'T53: answers a cursor that it cannot resume with one reset, then live (%#)',
  async (cursor) => {
    const here = await started();
    const me = await connect(here, { lastEventId: cursor });
    expect(shape(me)).toEqual([': ok', 'hello', 'reset', 'bookmark']);
    expect(me.frames()[1]?.data).toMatchObject({ gap: true, resumedFrom: 'c1.k1-r1.2' });
    expect(me.frames()[2]?.data).toMatchObject({ snapshotUrl: '/api/v1/vms' });
    await here.tell.discovered(1);
    await here.settled();
    await turn();
    expect([me.ids(), me.named('reset').length]).toEqual([['c1.k1-r1.3'], 1]);
    expect(await ask(here, { lastEventId: cursor, on_gap: '410' })).toMatchObject({ rejected: 'cursor_expired' });
  },
);

it('T54: shows another principal with the same cursor only what it may see, live and replayed', async () => {
  const here = await started();
  const [mine, theirs] = [await connect(here, {}, admin), await connect(here, {}, viewer)];
  await here.gateway.signInByLink({ code: 'first' }, { sub: 'anonymous', rights: [], requestId: 'r' });
  await here.tell.discovered(1);
  await here.settled();
  await turn();
  const types = (me: ReturnType<typeof reader>) =>
    me
      .facts()
      .map((frame) => eventOf(frame).type)
      .sort();
  const discovered = 'io.drover.inventory.vm-discovered.v1';
  expect([types(mine), types(theirs)]).toEqual([
    ['io.drover.gateway.audit-sign-in-recorded.v1', discovered],
    [discovered],
  ]);
  const cursor = { lastEventId: 'c1.k1-r1.2' };
  expect(types(await connect(here, cursor, admin))).toHaveLength(2);
  expect(types(await connect(here, cursor, viewer))).toEqual([discovered]);
  expect(types(await connect(here, { ...cursor, event_types: ['io.drover.gateway.*'] }, viewer))).toEqual([]);
});

it('T56: gives the initial state to the new client only, at its place', async () => {
  const here = await started();
  for (const n of [1, 2, 3]) await here.tell.discovered(n, `vm-${n}`, n === 3 ? ['prod'] : []);
  await here.settled();
  const old = await connect(here);
  const fresh = await connect(here, { snapshot: true });
  expect(old.named('state')).toEqual([]);
  expect(fresh.named('state').map(({ data }) => (data as { name: string }).name)).toHaveLength(3);
  expect(shape(fresh)).toEqual([': ok', 'hello', 'state', 'state', 'state', 'bookmark']);
  expect(fresh.lastId()).toBe('c1.k1-r1.5');
  const some = await connect(here, { snapshot: true, group: ['prod'] });
  expect(some.named('state').map(({ data }) => (data as { name: string }).name)).toEqual(['vm-3']);
  const one = await connect(here, { snapshot: true, vm: [vmId(2), vmId(99)] });
  expect(one.named('state').map(({ data }) => (data as { name: string }).name)).toEqual(['vm-2']);
  const resumed = await connect(here, { snapshot: true, lastEventId: 'c1.k1-r1.4' });
  expect([resumed.named('state'), resumed.ids()]).toEqual([[], ['c1.k1-r1.5']]);
});

/** Types of a later release, as they would come. */
const later = (name: string) => `io.drover.inventory.${name}.v1` as EventType<'inventory'>;

it('A3: shows worker facts of two workers, under the name of the older clients, and nothing else', async () => {
  const here = await started();
  const me = await connect(here, { event_types: ['worker_status'], worker_ids: [vmId(1), vmId(2)] });
  for (const n of [1, 2, 3])
    for (const name of ['worker-status-changed', 'vm-described', 'lab-state-changed', 'worker-tagged']) {
      const about = { stream: StreamId.of('vm', vmId(n)), subject: `vm/${vmId(n)}`, key: vmId(n) };
      await here.speak.inventory.tell(later(name), { ...about, data: {} as never });
    }
  await here.settled();
  await turn();
  expect(new Set(me.facts().map(({ event }) => event))).toEqual(new Set(['worker_status']));
  const told = (n: number) => [`vm/${vmId(n)} worker-status-changed`, `vm/${vmId(n)} worker-tagged`];
  expect(short(me)).toEqual([...told(1), ...told(2)]);
});

it('shows any of the values within a filter, all filters together', async () => {
  const here = await started();
  await here.tell.discovered(1, 'a', ['prod']);
  await here.tell.discovered(2, 'b', ['test']);
  await here.settled();
  const by = {
    vm: await connect(here, { vm: [vmId(1)] }),
    group: await connect(here, { group: ['prod', 'other'] }),
    family: await connect(here, { event_types: ['io.drover.power.*'] }),
    operation: await connect(here, { operation: [`power.power-${vmId(2)}.1`] }),
    both: await connect(here, { vm: [vmId(1)], event_types: [eventType('power', 'vm-powered-off')] }),
    severe: await connect(here, { severity: ['critical'] }),
  };
  for (const n of [1, 2]) {
    await here.tell.observed(n, 'poweredOn');
    await here.tell.off(n);
    await here.tell.isOff(n);
  }
  await here.settled();
  await turn();
  expect(
    Object.fromEntries(
      Object.entries(by).map(([name, me]) => [
        name,
        short(me)
          .map((each) => each.replace(/^vm\/\S+ /, ''))
          .sort(),
      ]),
    ),
  ).toEqual({
    vm: ['power-off-requested', 'vm-power-observed', 'vm-powered-off'],
    group: ['power-off-requested', 'vm-power-observed', 'vm-powered-off'],
    family: ['power-off-requested', 'power-off-requested', 'vm-powered-off', 'vm-powered-off'],
    operation: ['power-off-requested', 'vm-powered-off'],
    both: ['vm-powered-off'],
    severe: [],
  });
  const replayed = await connect(here, { group: ['test'], lastEventId: 'c1.k1-r1.4' });
  expect(short(replayed).every((each) => each.startsWith(`vm/${vmId(2)}`))).toBe(true);
  expect(replayed.facts()).toHaveLength(3);
});

it('refuses filters that can never fit, and more than a hundred values', async () => {
  const here = await started();
  expect(await ask(here, { event_types: ['error'] })).toMatchObject({
    rejected: 'filter_invalid',
    pointer: '?/event_types',
  });
  const many = Array.from({ length: 60 }, (_, i) => vmId(i));
  expect(await ask(here, { vm: many, worker_ids: many })).toMatchObject({ rejected: 'filter_invalid' });
});

it('opens 500 streams and no more; a place that is left is free again', async () => {
  const here = await started();
  const all = await Promise.all(Array.from({ length: 500 }, () => connect(here)));
  expect(await ask(here)).toMatchObject({ rejected: 'too_many_streams', retryAfterSeconds: 5 });
  all[7]?.cut();
  expect((await connect(here)).named('hello')).toHaveLength(1);
});

const some = <Value>(...values: readonly Value[]) => fc.subarray([...values], { minLength: 1 });
const filters = fc.record(
  {
    vm: some(vmId(1), vmId(2)),
    worker_ids: some(vmId(1), vmId(3)),
    group: some('prod', 'test', 'none'),
    operation: some(`power.power-${vmId(1)}.1`, `power.power-${vmId(2)}.1`),
    event_types: some('io.drover.power.*', 'io.drover.inventory.vm-power-observed.v1', 'worker_status'),
  },
  { requiredKeys: [] },
);

it('tells a reader that resumes anywhere, with any filter, what one that was there all the time was told', async () => {
  const happening = fc.record({
    n: fc.constantFrom(1, 2, 3),
    does: fc.constantFrom('observed' as const, 'off' as const, 'isOff' as const),
  });
  const happenings = fc.array(happening, { minLength: 1, maxLength: 25 });
  await fc.assert(
    fc.asyncProperty(
      happenings,
      happenings,
      filters,
      fc.nat(30),
      fc.constantFrom(admin, viewer),
      async (old, more, asked, at, who) => {
        const here = await started();
        for (const n of [1, 2, 3]) await here.tell.discovered(n, `vm-${n}`, n === 3 ? [] : [n === 1 ? 'prod' : 'test']);
        await here.settled();
        const there = await connect(here, asked, who);
        const happens = async (all: typeof old) => {
          for (const { n, does } of all)
            if (does === 'observed') await here.tell.observed(n, 'poweredOn');
            else await here.tell[does](n);
        };
        await happens(old);
        await here.settled();
        const from = 5 + Math.min(at, old.length);
        const back = granted(await ask(here, { ...asked, lastEventId: `c1.k1-r1.${from}` }, who));
        await happens(more); // while it catches up
        await here.settled();
        for (let n = 0; n < 20; n++) await turn();
        const told = (me: ReturnType<typeof reader>) => me.facts().map(({ event, id, data }) => ({ event, id, data }));
        const late = told(there).filter(({ id }) => Number(id?.split('.').at(-1)) > from);
        expect(told(back)).toEqual(late);
        await here.stopAll();
      },
    ),
    { numRuns: 40 },
  );
});
