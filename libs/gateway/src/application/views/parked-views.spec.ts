import { afterEach, expect, it, jest } from '@jest/globals';
import { DeadLetter, pageOf } from '@drover/contracts';
import { Instant, OperationId, StreamId } from '@drover/kernel';
import { admin, disks, furnished, granted, houses, NOON, viewer, vmId, type GatewayHouse } from '../../testing.js';
import { untellable } from '../testing.js';
import { vmsProjection } from '../fleet/vms.projection.js';

const { started, end } = houses();
afterEach(async () => {
  jest.restoreAllMocks();
  await end();
});

/** Makes the view of machines throw for some events, as code with a bug does; answers with how to fix it. */
const broken = (n: number, type: string) => {
  const { evolve } = vmsProjection;
  const mock = jest.spyOn(vmsProjection, 'evolve').mockImplementation((row, entry) => {
    if (entry.event.subject === `vm/${vmId(n)}` && entry.type.includes(type)) throw new TypeError('no such power');
    return evolve(row, entry);
  });
  return () => mock.mockRestore();
};
const vm = async ({ gateway }: GatewayHouse, n: number) => granted(await gateway.getVm({ id: vmId(n) }, viewer));
const fleet = async ({ gateway }: GatewayHouse) => granted(await gateway.getFleet({}, viewer));
const letters = async ({ gateway }: GatewayHouse) =>
  granted(await gateway.listDeadLetters({ limit: 100 }, admin)).items;

it('K16: one event that a view cannot take parks its machine: streams tell it, the row is stale, others go on', async () => {
  const here = await furnished(await started());
  const me = await here.connect();
  const fix = broken(3, 'vm-power-observed');
  await here.clock.advance(5000);
  await here.tell.observed(3, 'poweredOff');
  await here.tell.described(3, 'renamed');
  await here.tell.observed(4, 'poweredOff');
  await here.settled();
  expect(me.facts().map(({ event }) => event?.replace('io.drover.inventory.', ''))).toEqual([
    ...['vm-power-observed.v1', 'vm-described.v1', 'vm-power-observed.v1'],
  ]);
  const before = Instant.plusSeconds(NOON, 4.999); // the last moment of which the row is true
  expect(await vm(here, 3)).toMatchObject({ name: 'vm-3', stale: true, staleReason: 'parked', asOf: before });
  expect(await vm(here, 4)).toMatchObject({ stale: false, power: { state: 'poweredOff' } });
  expect(await fleet(here)).toMatchObject({ complete: false, total: 5 });

  await here.clock.advance(60_000);
  const found = granted(await here.gateway.listDeadLetters({ limit: 100 }, admin));
  expect(pageOf(DeadLetter).parse(found)).toEqual(found);
  expect(found.items).toMatchObject([
    {
      ...{ service: 'gateway', consumer: 'gateway.views', key: vmId(3), followers: 1, attempts: 5 },
      event: { type: 'io.drover.inventory.vm-power-observed.v1' },
      error: { class: 'TypeError', detail: 'no such power' },
    },
  ]);
  const id = found.items[0]?.id ?? '';
  expect(await here.gateway.getDeadLetter({ id }, admin)).toEqual(found.items[0]);
  expect(await here.gateway.replayDeadLetter({ id }, admin)).toMatchObject({ rejected: 'wrong_state' });

  fix();
  expect(await here.gateway.replayDeadLetter({ id }, admin)).toBeNull();
  expect(await vm(here, 3)).toMatchObject({ name: 'renamed', stale: false, power: { state: 'poweredOff' } });
  expect([await letters(here), (await fleet(here)).complete]).toEqual([[], true]);
  expect(me.facts()).toHaveLength(3); // nobody is told a second time
});

it('K16: a later process finds it parked, and a rebuild judges anew', async () => {
  const on = disks();
  const here = await furnished(await started({}, on));
  const fix = broken(3, 'vm-power-observed');
  await here.tell.observed(3, 'poweredOff');
  await here.settled();
  await here.stopAll();
  const after = await started({}, on);
  await after.settled();
  expect(await vm(after, 3)).toMatchObject({ stale: true, staleReason: 'parked' });
  fix();
  await after.rebuild();
  await after.tell.observed(5, 'poweredOff'); // what wakes the readers
  await after.clock.advance(60_000);
  await after.settled();
  expect(await vm(after, 3)).toMatchObject({ stale: false, power: { state: 'poweredOff' } });
  expect(await letters(after)).toEqual([]);
});

it('K16: a commit that nobody can parse is a dead letter with its bytes, and is told once it can', async () => {
  const on = disks();
  const name = untellable(on);
  const here = await furnished(await started({}, on));
  const me = await here.connect();
  name.breaks();
  await here.tell.described(3, 'unheard-of');
  await here.tell.observed(3, 'poweredOff');
  await here.tell.observed(4, 'poweredOff');
  await here.settled();
  expect(me.facts()).toHaveLength(2);
  const [letter] = await letters(here);
  expect(letter).toMatchObject({ key: vmId(3), followers: 1, error: { class: 'SyntaxError' } });
  expect(Buffer.from(String(letter?.event), 'base64').toString()).toContain('unheard-of');
  expect(await vm(here, 3)).toMatchObject({ staleReason: 'parked', power: { state: 'unknown' } });
  name.mends();
  expect(await here.gateway.replayDeadLetter({ id: letter?.id ?? '' }, admin)).toBeNull();
  expect(await vm(here, 3)).toMatchObject({ name: 'unheard-of', stale: false, power: { state: 'poweredOff' } });
  expect(me.facts()).toHaveLength(3);
});

const off = (n: number) => OperationId.of('power', StreamId.of('power', vmId(n)), 1);

it('K44: an operation whose end is parked is not told as shown, until the letter is replayed', async () => {
  const here = await furnished(await started());
  const { reads } = here.gateway;
  await here.tell.off(3);
  await here.tell.off(4);
  await here.settled();
  const fix = broken(3, 'vm-powered-off');
  await here.tell.isOff(3);
  await here.tell.isOff(4);
  await here.settled();
  expect(await reads.after('power', off(3))).toBeNull();
  expect(await reads.after('power', off(4))).toEqual({ position: 'c1.k1-r1.14' });
  expect(await reads.after('power')).toBeNull(); // it may be any
  expect(await reads.after('power', off(5))).toEqual({ position: null }); // forgotten long ago: nothing of it is lacking
  await here.clock.advance(60_000);
  fix();
  const [letter] = await letters(here);
  await here.gateway.replayDeadLetter({ id: letter?.id ?? '' }, admin);
  expect(await reads.after('power', off(3))).toEqual({ position: 'c1.k1-r1.13' });
});

it('K44: many machines at once are not told as shown while the end of any may be parked', async () => {
  const here = await furnished(await started());
  const stream = StreamId.of('bulk', vmId(50));
  const bulk = { stream, subject: `bulk/${vmId(50)}`, key: vmId(50), operationid: OperationId.of('power', stream, 1) };
  const data = { op: 1, action: 'power-off', mode: 'soft', targetIds: [vmId(3), vmId(4)] } as const;
  await here.speak.power.tell('io.drover.power.bulk-requested.v1', { ...bulk, data });
  await here.settled();
  expect(await here.gateway.reads.after('power', bulk.operationid)).toEqual({ position: null });
  broken(3, 'vm-power-observed');
  await here.tell.observed(3, 'poweredOff');
  await here.settled();
  expect(await here.gateway.reads.after('power', bulk.operationid)).toBeNull();
});

const query = { limit: 100, sort: 'name' } as const;
const list = async ({ gateway }: GatewayHouse, asked: object = {}) =>
  granted(await gateway.listVms({ ...query, ...asked }, viewer));

it('K16: what is parked, taken after all or given up is news to whoever has the list', async () => {
  const here = await furnished(await started());
  const notModified = async (etag: string) => (await list(here, { ifNoneMatch: etag })).page === null;
  const fix = broken(3, 'vm-power-observed');
  await here.tell.observed(3, 'poweredOff');
  await here.settled();
  await here.clock.advance(60_000);
  const parked = await list(here);
  expect(parked.page?.items[2]).toMatchObject({ staleReason: 'parked' });
  expect(await notModified(parked.etag)).toBe(true);
  fix();
  const [letter] = await letters(here);
  await here.flows.deadLetters.replay(letter?.id ?? ''); // its audit may be journalled before it
  expect(await notModified(parked.etag)).toBe(false);
  const taken = await list(here);
  expect(taken.page?.items[2]).toMatchObject({ stale: false, power: { state: 'poweredOff' } });
  expect(await notModified(taken.etag)).toBe(true);

  broken(4, 'vm-power-observed');
  await here.tell.observed(4, 'poweredOff');
  await here.settled();
  await here.clock.advance(60_000);
  const another = await list(here);
  const [given] = await letters(here);
  await here.flows.deadLetters.discard(given?.id ?? '');
  expect(await notModified(another.etag)).toBe(false);
});

it('K16: a retry that succeeds by itself is news as well', async () => {
  const here = await furnished(await started());
  const fix = broken(3, 'vm-power-observed');
  await here.tell.observed(3, 'poweredOff');
  await here.settled();
  const { etag } = await list(here);
  fix();
  await here.clock.advance(1000);
  const after = await list(here, { ifNoneMatch: etag });
  expect(after.page?.items[2]).toMatchObject({ stale: false, power: { state: 'poweredOff' } });
});

it('K16: a commit that nobody can parse is news before the journal moves', async () => {
  const on = disks();
  untellable(on).breaks();
  const here = await furnished(await started({}, on));
  const { etag } = await list(here);
  await here.tell.described(3, 'unheard-of');
  await here.settled();
  expect((await list(here, { ifNoneMatch: etag })).page?.items[2]).toMatchObject({ staleReason: 'parked' });
});

it('K16: a list that was begun while an event was parked ends with that: its rows lack the event', async () => {
  const here = await furnished(await started());
  const fix = broken(3, 'vm-power-observed');
  await here.tell.observed(3, 'poweredOff');
  await here.settled();
  await here.clock.advance(60_000);
  const cursor = (await list(here, { limit: 1 })).page?.next ?? '';
  expect((await list(here, { cursor })).page?.items[1]).toMatchObject({ staleReason: 'parked' });
  fix();
  const [letter] = await letters(here);
  await here.gateway.replayDeadLetter({ id: letter?.id ?? '' }, admin);
  expect(await here.gateway.listVms({ ...query, cursor }, viewer)).toMatchObject({ rejected: 'page_expired' });
});
