import { afterEach, expect, it } from '@jest/globals';
import { FleetSummary, Operation, pageOf, Vm, type Page } from '@drover/contracts';
import { BulkId, Instant, OperationId, StreamId } from '@drover/kernel';
import { watchWallSteps } from '@drover/ports';
import {
  admin,
  disks,
  furnished,
  granted,
  houses,
  NOON,
  SITE,
  viewer,
  vmId,
  type GatewayHouse,
} from '../../testing.js';

const { started, end } = houses();
afterEach(async () => expect(await end()).toEqual([]));
const fleet = async (...given: Parameters<typeof started>) => furnished(await started(...given));
const query = { limit: 100, sort: 'name' } as const;
const page = async (here: GatewayHouse, asked: Partial<Parameters<GatewayHouse['gateway']['listVms']>[0]> = {}) => {
  const answer = granted(await here.gateway.listVms({ ...query, ...asked }, viewer));
  if (!answer.page) throw new Error('not modified');
  return answer.page;
};
const names = ({ items }: { items: readonly { name?: string }[] }) => items.map(({ name }) => name);

it('shows in the fleet what the services told, and in the shape of the contract', async () => {
  const here = await fleet();
  const found = await page(here);
  expect(pageOf(Vm).parse(found)).toEqual(found);
  expect(found).toMatchObject({ total: 5, next: null, complete: true, missing: [], position: 'c1.k1-r1.10' });
  expect(found.items[1]).toMatchObject({
    id: vmId(2),
    labels: { simulated: 'true' },
    stale: false,
    asOf: NOON,
    version: '"i2.p0.r0.m0"',
    power: { state: 'poweredOn', uptimeSeconds: 60 },
  });
  expect(names(await page(here, { power: ['poweredOff', 'poweredOn'], group: ['prod'] }))).toEqual(['vm-1', 'vm-2']);
  expect(names(await page(here, { power: ['poweredOff', 'poweredOn'], group: ['test'] }))).toEqual([]);
  expect(names(await page(here, { label: ['simulated:true'], name: ['vm-4'], connection: [SITE] }))).toEqual(['vm-4']);
  expect(names(await page(here, { unclaimed: true }))).toEqual([]);
  expect(names(await page(here, { sort: '-name', limit: 2 }))).toEqual(['vm-5', 'vm-4']);
  expect((await page(here, { fields: ['name'], name: ['vm-3'] })).items).toEqual([{ id: vmId(3), name: 'vm-3' }]);
});

it('leaves out who is retired, unless asked for', async () => {
  const here = await fleet();
  await here.tell.retired(3);
  await here.settled();
  expect(names(await page(here))).toEqual(['vm-1', 'vm-2', 'vm-4', 'vm-5']);
  expect(names(await page(here, { lifecycle: ['retired'] }))).toEqual(['vm-3']);
  expect(granted(await here.gateway.getVm({ id: vmId(3) }, admin))).toMatchObject({
    lifecycle: { state: 'retired', cause: 'gone' },
    stale: false,
    actions: { 'power-on': 'vm_gone', edit: 'vm_gone' },
  });
});

it('answers with nothing new while nothing happens', async () => {
  const here = await fleet();
  const { etag } = granted(await here.gateway.listVms({ ...query }, viewer));
  expect(granted(await here.gateway.listVms({ ...query, ifNoneMatch: etag }, viewer))).toEqual({ etag, page: null });
  await here.tell.observed(3, 'poweredOff');
  await here.settled();
  expect(granted(await here.gateway.listVms({ ...query, ifNoneMatch: etag }, viewer)).page).not.toBeNull();
});

it('is stale while the connection is not up, and then as old as that', async () => {
  const here = await fleet();
  await here.clock.advance(5000);
  await here.tell.connection('down', 'provider_unreachable');
  await here.settled();
  await here.clock.advance(60_000);
  expect(granted(await here.gateway.getVm({ id: vmId(1) }, viewer))).toMatchObject({
    stale: true,
    asOf: Instant.plusSeconds(NOON, 5),
  });
  await here.tell.connection('up');
  await here.settled();
  expect(granted(await here.gateway.getVm({ id: vmId(1) }, viewer))).toMatchObject({
    stale: false,
    asOf: Instant.plusSeconds(NOON, 65),
  });
});

it('K14: a connection that is silent for some seconds makes nothing stale; one that shows nothing does', async () => {
  const here = await fleet();
  const stale = async () => granted(await here.gateway.getVm({ id: vmId(1) }, viewer)).stale;
  await here.tell.connection('degraded', 'provider_unreachable');
  await here.settled();
  expect(await stale()).toBe(false);
  await here.tell.connection('degraded', 'nothing_found');
  await here.settled();
  expect(await stale()).toBe(true);
});

it('pages without skipping or repeating while machines come, change and go', async () => {
  const here = await started();
  await here.tell.connected();
  for (let n = 0; n < 25; n++) await here.tell.discovered(n, `vm-${String(n).padStart(2, '0')}`);
  await here.settled();
  const before = names(await page(here));
  for (const sort of ['name', '-name', 'power', '-power.observedAt'] as const) {
    const seen: (string | undefined)[] = [];
    const whole = names(await page(here, { sort }));
    let cursor: string | null = null;
    do {
      const found: Page<Partial<Vm>> = await page(here, { sort, limit: 4, ...(cursor && { cursor }) });
      expect(found.total).toBe(whole.length);
      seen.push(...names(found));
      cursor = found.next;
      const n = seen.length;
      await here.tell.described(n % 25, `a-${n}`);
      await here.tell.observed((n + 7) % 25, 'poweredOn');
      await here.tell.discovered(100 + n, `vm-${n}-new`);
      await here.tell.retired((n * 3) % 25);
      await here.settled();
    } while (cursor);
    expect(seen).toEqual(whole);
  }
  expect(names(await page(here))).not.toEqual(before);
});

it('reads a list on for ten minutes, with the filters and the order it was begun with', async () => {
  const here = await fleet();
  const { next } = await page(here, { limit: 2 });
  const cursor = next ?? '';
  const on = (asked: object) => here.gateway.listVms({ ...query, cursor, ...asked }, viewer);
  for (const other of [{ sort: '-name' }, { power: ['poweredOff'] }, { cursor: `${cursor}x` }, { cursor: '2' }])
    expect(await on(other)).toMatchObject({ rejected: 'cursor_invalid' });
  await here.clock.advance(599_000);
  expect(granted(await on({ limit: 9 })).page?.items).toHaveLength(3);
  await here.clock.advance(2000);
  expect(await on({})).toMatchObject({ rejected: 'page_expired' });
  await here.rebuild();
  await here.tell.observed(1, 'poweredOn');
  await here.settled();
  const { next: fresh } = await page(here, { limit: 2 });
  expect(fresh).not.toBeNull();
  await here.rebuild();
  expect(await here.gateway.listVms({ ...query, cursor: fresh ?? '' }, viewer)).toMatchObject({
    rejected: 'page_expired',
  });
});

it.each([1, -1, 24, -24])('K3: a list is read on for ten minutes after a jump of %d hours', async (hours) => {
  const on = disks();
  const steps = watchWallSteps(on.clock, () => {});
  const here = await fleet({ leapt: steps.leapt }, on);
  const { next } = await page(here, { limit: 2 });
  const read = () => here.gateway.listVms({ ...query, limit: 9, cursor: next ?? '' }, viewer);
  here.clock.jump(hours * 3_600_000);
  await here.clock.advance(599_000);
  expect(granted(await read()).page?.items).toHaveLength(3);
  steps.stop();
});

it('counts the fleet', async () => {
  const here = await fleet();
  await here.tell.retired(5);
  await here.tell.off(2);
  for (const [n, hoursAgo] of [
    [3, 25],
    [4, 23],
  ] as const) {
    await here.tell.off(n);
    await here.tell.power(n, 'io.drover.power.power-operation-expired.v1', { op: 1, lastObserved: 'poweredOn' });
    await here.settled();
    if (hoursAgo === 25) await here.clock.advance(2 * 3_600_000);
  }
  await here.clock.advance(23 * 3_600_000);
  const fleetNow = granted(await here.gateway.getFleet({}, viewer));
  expect(FleetSummary.parse(fleetNow)).toEqual(fleetNow);
  expect(fleetNow).toMatchObject({
    total: 4,
    lifecycle: { active: 4, retired: 1 },
    power: { poweredOff: 1, poweredOn: 1, unknown: 2 },
    complete: true,
    incomplete: [],
    health: { healthy: 4 },
    operations: { running: 1, failed24h: 1 },
  });
});

it('is not complete before every connection was listed, or before one would have been told of', async () => {
  const here = await started();
  const told = async () => {
    const { complete, incomplete } = granted(await here.gateway.getFleet({}, viewer));
    expect((await page(here)).complete).toBe(complete);
    return [complete, incomplete];
  };
  expect(await told()).toEqual([false, []]);
  await here.clock.advance(4999);
  expect(await told()).toEqual([false, []]);
  await here.clock.advance(1);
  expect(await told()).toEqual([true, []]); // nobody has told of any: there is none
  await here.tell.connected('unknown');
  await here.settled();
  expect(await told()).toEqual([false, [SITE]]);
  await here.tell.listed();
  await here.settled();
  expect(await told()).toEqual([true, []]);
  await here.rebuild();
  await here.clock.advance(60_000);
  expect(await told()).toEqual([false, []]); // nothing came again yet
});

it('that the list is complete now is news, though nothing happened', async () => {
  const here = await started();
  const { etag } = granted(await here.gateway.listVms({ ...query }, viewer));
  await here.clock.advance(5000);
  const after = granted(await here.gateway.listVms({ ...query, ifNoneMatch: etag }, viewer));
  expect(after.page).toMatchObject({ complete: true, items: [] });
});

it('does not wait for a connection that left the file', async () => {
  const here = await started();
  await here.tell.connected();
  await here.tell.connection('down', 'not_configured');
  await here.settled();
  expect(granted(await here.gateway.getFleet({}, viewer))).toMatchObject({ complete: false, incomplete: [] });
  await here.clock.advance(5000);
  expect(granted(await here.gateway.getFleet({}, viewer))).toMatchObject({ complete: true, incomplete: [] });
});

it('lists operations, newest first, with names, and a bulk without its items: one alone has a thousand', async () => {
  const here = await fleet();
  const bulkId = BulkId.parse(vmId(50));
  const stream = StreamId.of('bulk', bulkId);
  const bulk = { stream, subject: `bulk/${bulkId}`, key: bulkId, operationid: OperationId.of('power', stream, 1) };
  const targetIds = [vmId(3), vmId(1), vmId(2)];
  await here.speak.power.tell('io.drover.power.bulk-requested.v1', {
    ...bulk,
    data: { op: 1, action: 'power-off', mode: 'soft', targetIds },
  });
  await here.clock.advance(1000);
  await here.tell.off(1, 1, bulkId);
  await here.tell.isOff(1);
  await here.clock.advance(1000);
  await here.tell.off(3, 1, bulkId);
  await here.tell.power(3, 'io.drover.power.power-operation-refused.v1', {
    op: 1,
    code: 'vm_suspended',
    detail: 'It is suspended.',
  });
  await here.settled();
  const list = async (asked: object = {}) =>
    granted(await here.gateway.listOperations({ limit: 100, ...asked }, viewer));
  const all = await list();
  expect(pageOf(Operation).parse(all)).toEqual(all);
  expect(all.items.map(({ kind, state }) => `${kind} ${state}`)).toEqual([
    'vm.power-off failed',
    'vm.power-off succeeded',
    'bulk.start running',
  ]);
  expect(all.items[0]).toMatchObject({ target: { name: 'vm-3' }, error: { code: 'vm_suspended' }, items: null });
  expect(all.items[2]).toMatchObject({ target: { id: bulkId, name: '3 machines' }, items: null });
  expect((await list({ vm: [vmId(1)] })).items.map(({ target }) => target.name)).toEqual(['vm-1']);
  expect((await list({ state: ['failed', 'running'], kind: ['bulk.start'] })).items).toHaveLength(1);
  const first = await list({ limit: 2 });
  expect((await list({ limit: 2, cursor: first.next })).items.map(({ kind }) => kind)).toEqual(['bulk.start']);
});
