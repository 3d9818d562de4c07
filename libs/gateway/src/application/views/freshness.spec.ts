import { afterEach, expect, it } from '@jest/globals';
import { Instant } from '@drover/kernel';
import { disks, furnished, granted, houses, NOON, viewer, vmId, type GatewayHouse } from '../../testing.js';
import { freshnessOf } from './freshness.js';

const later = (seconds: number) => Instant.plusSeconds(NOON, seconds);
const { started, end } = houses();
afterEach(async () => expect(await end()).toEqual([]));

/** A house whose views can be held back: nothing reaches the journal meanwhile. */
const held = async () => {
  const on = disks();
  let gate = Promise.resolve();
  const journal: typeof on.journal = {
    ...on.journal,
    append: async (batch) => {
      await gate;
      return on.journal.append(batch);
    },
  };
  const here = await furnished(await started({ journal }, on));
  const hold = () => {
    let open = () => {};
    gate = new Promise((done) => (open = done));
    return () => open();
  };
  return { here, hold };
};
const vm = async ({ gateway }: GatewayHouse, n: number) => granted(await gateway.getVm({ id: vmId(n) }, viewer));
const list = async ({ gateway }: GatewayHouse, cursor?: string) => {
  const asked = { limit: 2, sort: 'name', ...(cursor && { cursor }) } as const;
  const { page, etag } = granted(await gateway.listVms(asked, viewer));
  if (!page) throw new Error('not modified');
  return { ...page, etag };
};

it('is of now only where every source’s checkpoint is its head', () => {
  const fresh = freshnessOf();
  expect(fresh.asOf(later(9), null)).toBe(Instant.ofMs(0)); // nobody told anything
  expect(fresh.asOf(later(9), NOON)).toBe(NOON);
  fresh.took('power', 3);
  expect(fresh.asOf(later(9), NOON)).toBe(NOON); // where the log ends is not known
  fresh.heads('power', 3, null);
  expect(fresh.asOf(later(9), NOON)).toBe(later(9));
  fresh.took('inventory', 0);
  fresh.heads('inventory', 2, null);
  expect(fresh.asOf(later(9), NOON)).toBe(NOON); // one source is behind
  fresh.took('inventory', 1, later(4));
  expect(fresh.asOf(later(9), NOON)).toBe(later(4));
  fresh.took('inventory', 2, later(5));
  expect(fresh.asOf(later(9), NOON)).toBe(later(9));
  fresh.heads('inventory', 4, later(8));
  expect(fresh.asOf(later(9), NOON)).toBe(later(7.999)); // just before the first event that it lacks
  fresh.heads('inventory', 5, later(9));
  expect(fresh.asOf(later(20), NOON)).toBe(later(7.999));
  fresh.forget();
  expect(fresh.asOf(later(20), null)).toBe(Instant.ofMs(0));
  expect([fresh.has('power', 1), fresh.headOf('power'), fresh.headOf('gateway')]).toEqual([false, 3, null]);
});

it('K43: a view that is behind says up to when it was told: detail, lookup, list, fleet, operations, history', async () => {
  const { here, hold } = await held();
  const behind = later(10);
  await here.clock.advance(10_001);
  const release = hold();
  await here.tell.observed(3, 'poweredOff');
  await here.clock.advance(1000);
  const answers = async () => [
    (await vm(here, 3)).asOf,
    granted(await here.gateway.lookupVm({ name: 'vm-3' }, viewer)).asOf,
    (await list(here)).asOf,
    (await list(here)).items[0]?.asOf,
    granted(await here.gateway.getFleet({}, viewer)).asOf,
    granted(await here.gateway.listOperations({ limit: 9 }, viewer)).asOf,
    granted(await here.gateway.getVmHistory({ id: vmId(3), limit: 9 }, viewer)).asOf,
    granted(await here.gateway.getVm({ id: vmId(3), at: later(11) }, viewer)).asOf, // nor of the past does it know more
  ];
  expect(new Set(await answers())).toEqual(new Set([behind]));
  expect(await vm(here, 3)).toMatchObject({ stale: false, power: { state: 'unknown' } });
  release();
  await here.settled();
  const now = here.clock.now();
  expect(new Set((await answers()).slice(0, -1))).toEqual(new Set([now]));
  expect(await vm(here, 3)).toMatchObject({ stale: false, power: { state: 'poweredOff' } });
});

it('K43: a view that stays behind is stale by its age, and not complete', async () => {
  const { here, hold } = await held();
  const before = await list(here);
  expect([before.complete, before.items[0]?.stale]).toEqual([true, false]);
  const release = hold();
  await here.tell.observed(3, 'poweredOff');
  await here.clock.advance(2100);
  expect(await vm(here, 1)).toMatchObject({ stale: true, staleReason: 'age' });
  const aged = await list(here);
  expect(aged).toMatchObject({ complete: false, items: [{ stale: true, staleReason: 'age' }, {}] });
  expect(aged.etag).not.toBe(before.etag); // or whoever has the page would go on taking it for new
  expect(granted(await here.gateway.getFleet({}, viewer))).toMatchObject({ complete: false });
  release();
  await here.settled();
  expect(await vm(here, 1)).not.toHaveProperty('staleReason');
  expect(await list(here)).toMatchObject({ complete: true, items: [{ stale: false }, {}] });
});

it('K43: views that were dropped claim nothing until they are told again', async () => {
  const { here, hold } = await held();
  const release = hold();
  await here.rebuild();
  expect(granted(await here.gateway.getFleet({}, viewer))).toMatchObject({
    ...{ asOf: Instant.ofMs(0), total: 0, complete: false },
  });
  await here.tell.observed(3, 'poweredOff'); // what wakes the readers
  release();
  await here.clock.advance(60_000);
  await here.settled();
  expect(granted(await here.gateway.getFleet({}, viewer))).toMatchObject({ asOf: here.clock.now(), total: 5 });
  here.reports.length = 0; // the bus says that it began anew
});

it('K6: every page of a set carries the position and the age of the set', async () => {
  const { here } = await held();
  const first = await list(here);
  await here.clock.advance(5000);
  await here.tell.observed(4, 'poweredOff');
  await here.settled();
  const second = await list(here, first.next ?? '');
  expect([second.position, second.asOf]).toEqual([first.position, first.asOf]);
  expect(second.items.map(({ asOf, power }) => [asOf, power?.state])).toEqual([
    [NOON, 'unknown'],
    [NOON, 'unknown'], // vm-4, as it was
  ]);
  const third = await list(here, second.next ?? '');
  expect([third.position, third.asOf, third.next]).toEqual([first.position, first.asOf, null]);
  // Whoever follows from the position of any page is told what the pages do not have.
  const told = granted(await here.gateway.listEvents({ after: second.position, wait: 0, limit: 9 }, viewer));
  expect(told.items).toMatchObject([{ subject: `vm/${vmId(4)}` }]);
});

it('K6: so do the pages of operations and of a history', async () => {
  const { here } = await held();
  for (const n of [1, 2, 3]) await here.tell.off(n);
  for (const n of [1, 2, 3]) await here.tell.edited(1, { n: String(n) });
  await here.settled();
  const operations = granted(await here.gateway.listOperations({ limit: 1 }, viewer));
  const history = granted(await here.gateway.getVmHistory({ id: vmId(1), limit: 1 }, viewer));
  await here.clock.advance(5000);
  await here.tell.isOff(1);
  await here.settled();
  const rest = { limit: 1, cursor: operations.next ?? '' };
  expect(granted(await here.gateway.listOperations(rest, viewer))).toMatchObject({
    ...{ position: operations.position, asOf: operations.asOf, items: [{ state: 'running' }] },
  });
  const more = { id: vmId(1), limit: 1, cursor: history.next ?? '' };
  expect(granted(await here.gateway.getVmHistory(more, viewer))).toMatchObject({
    ...{ position: history.position, asOf: history.asOf },
  });
});
