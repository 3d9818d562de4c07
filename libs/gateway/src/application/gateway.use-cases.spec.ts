import { afterEach, expect, it } from '@jest/globals';
import type { CloudEvent } from '@drover/contracts';
import { Instant } from '@drover/kernel';
import { openViews } from './views/views.js';
import { admin, disks, furnished, granted, house, houses, NOON, viewer, vmId, type GatewayHouse } from '../testing.js';

const { started, end } = houses();
afterEach(async () => expect(await end()).toEqual([]));
const fleet = async (...given: Parameters<typeof started>) => furnished(await started(...given));
const query = { limit: 100, sort: 'name' } as const;
/** As if the file of the views were lost. */
const dropViews = async ({ views, journal }: ReturnType<typeof disks>) =>
  (await openViews(views, journal)).group.reset();
const page = async (here: GatewayHouse, asked: Partial<Parameters<GatewayHouse['gateway']['listVms']>[0]> = {}) => {
  const answer = granted(await here.gateway.listVms({ ...query, ...asked }, viewer));
  if (!answer.page) throw new Error('not modified');
  return answer.page;
};

it('gives owners the machine once the view has their fact, and waits two seconds for it', async () => {
  const here = await fleet();
  const { after, preview } = here.gateway.shown;
  expect(await after(vmId(1), 2)).toMatchObject({ name: 'vm-1' });
  const waiting = after(vmId(1), 3);
  await here.tell.edited(1, { a: 'b' });
  await here.settled();
  expect(await waiting).toMatchObject({ labels: { a: 'b' } });
  let told: unknown = 'nothing yet';
  void after(vmId(1), 9).then((vm) => (told = vm));
  await here.clock.advance(1999);
  expect(told).toBe('nothing yet');
  await here.clock.advance(1);
  expect(told).toBeNull();

  const [last] = granted(await here.gateway.getVmHistory({ id: vmId(1), limit: 1 }, viewer)).items;
  const edit = {
    ...last,
    sequence: '4',
    data: { displayName: 'Dry', description: null, labels: {} },
  } as object as CloudEvent;
  expect(await preview(vmId(1), [edit])).toMatchObject({
    displayName: 'Dry',
    labels: { simulated: 'true' },
    version: '"i4.p0.r0.m0"',
  });
  expect(granted(await here.gateway.getVm({ id: vmId(1) }, viewer)).displayName).toBeNull();
});

it('goes on where it was after a restart, and keeps every cursor', async () => {
  const on = disks();
  const first = await fleet({}, on);
  const { position, next } = await page(first, { limit: 2 });
  await first.stopAll();
  const second = await started({}, on);
  expect((await page(second)).position).toBe(position.replace('-r1.', '-r2.')); // the same place, in the next run
  expect(await second.gateway.listVms({ ...query, limit: 2, ...(next && { cursor: next }) }, viewer)).toMatchObject({
    rejected: 'page_expired',
  });
  await second.tell.observed(4, 'poweredOff');
  await second.settled();
  const events = granted(await second.gateway.listEvents({ after: position, wait: 0, limit: 100 }, viewer));
  expect(events.items.map(({ type }) => type)).toEqual(['io.drover.inventory.vm-power-observed.v1']);
});

it('gives up growing its views when the process stops meanwhile, and grows them at the next start', async () => {
  const on = disks();
  const first = await fleet({}, on);
  const before = await page(first);
  await first.stopAll();
  await dropViews(on);
  const cut = await house({ stopping: AbortSignal.abort(new Error('enough')) }, on, true);
  await cut.gateway.flow.shift?.takeOver(() => true);
  expect((await page(cut)).items).toEqual([]);
  await cut.stopAll();
  expect((await page(await started({}, on))).items).toEqual(before.items);
});

it('grows the views from the owners, under the places they had, when the journal does not reach back', async () => {
  const on = disks();
  const first = await fleet({}, on);
  const before = await page(first);
  const history = async ({ gateway }: GatewayHouse) =>
    granted(await gateway.getVmHistory({ id: vmId(1), limit: 9 }, viewer));
  const told = await history(first);
  await first.stopAll();
  await on.journal.trim(Instant.plusSeconds(NOON, 3600), 2);
  await dropViews(on);
  const second = await started({}, on);
  await second.settled();
  expect((await page(second)).items).toEqual(before.items);
  expect(JSON.parse(JSON.stringify(await history(second)).replaceAll('-r2.', '-r1.'))).toEqual(told); // the next run
  expect(await second.journal.state()).toMatchObject({ generation: 'k1', head: 10, floor: 8 });
  const after = { after: before.position, wait: 0, limit: 1 };
  expect(granted(await second.gateway.listEvents(after, viewer))).toMatchObject({ items: [] });
});

it('begins the journal anew, and says so, where an older release trimmed it and nobody remembers', async () => {
  const on = disks();
  const first = await fleet({}, on);
  const before = await page(first);
  await first.stopAll();
  await on.journal.trim(Instant.plusSeconds(NOON, 3600), 2);
  await dropViews(on);
  const { journal } = on;
  const asOlder = async () => {
    const state = await journal.state();
    return { ...state, unremembered: state.generation === 'k1' ? 8 : 0 };
  };
  const second = await started({}, { ...on, journal: { ...journal, state: asOlder, trimmed: async () => null } });
  await second.settled();
  expect((await page(second)).items).toEqual(before.items);
  expect(await second.journal.state()).toMatchObject({ generation: 'k2', head: 10, floor: 0 });
  expect(await second.gateway.listEvents({ after: before.position, wait: 0, limit: 1 }, viewer)).toMatchObject({
    rejected: 'cursor_expired',
  });
  expect(second.reports.splice(0)).toEqual([expect.stringContaining('by an older release')]);
});

it('rebuilds: everything comes again, nothing is lost, old cursors are known to be foreign', async () => {
  const here = await fleet();
  const before = {
    fleet: await page(here),
    history: granted(await here.gateway.getVmHistory({ id: vmId(1), limit: 9 }, viewer)).items,
  };
  await here.rebuild();
  expect((await page(here)).total).toBe(0);
  await here.tell.missing(5);
  await here.settled();
  const after = await page(here);
  expect(after.items.slice(0, 4)).toEqual(before.fleet.items.slice(0, 4));
  expect(after.items[4]).toMatchObject({ health: { state: 'warning' } });
  const history = granted(await here.gateway.getVmHistory({ id: vmId(1), limit: 9 }, viewer)).items;
  expect(history.map(({ id }) => id)).toEqual(before.history.map(({ id }) => id));
  expect(after.position).toMatch(/^c1\.k2-r3\./);
});

it('takes nothing into a new journal that was read on from a place in the old one', async () => {
  const here = await fleet();
  const [consumer] = here.gateway.flow.consumers;
  const batch = { service: 'inventory', entries: [], from: 0, upTo: 3 } as const;
  await consumer?.position('inventory');
  await consumer?.take(batch);
  await here.rebuild();
  await expect(consumer?.take(batch)).rejects.toThrow('began anew');
  expect(await consumer?.position('inventory')).toBe(0);
});

it('makes a public document when it is first read, and serves that one from then on', async () => {
  const made: string[] = [];
  const make = (name: string) => () => `${name} ${made.push(name)}`;
  const here = await started({ documents: { openApi: make('openApi'), asyncApi: make('asyncApi') } });
  expect(made).toEqual([]);
  const read = async (document: 'openApi' | 'asyncApi') =>
    granted(await here.gateway.readDocument({ document }, viewer)).body;
  expect([await read('openApi'), await read('openApi')]).toEqual(['openApi 1', 'openApi 1']);
  expect([await read('asyncApi'), made]).toEqual(['asyncApi 2', ['openApi', 'asyncApi']]);
});

it('ends sessions that expired, and says of whom', async () => {
  const here = await fleet();
  const { session } = await here.on.sessions.create('admin');
  await here.clock.advance(2 * 3_600_000);
  await here.clock.advance(11_000);
  await here.settled();
  const audit = granted(
    await here.gateway.listEvents({ wait: 0, limit: 100, event_types: ['io.drover.gateway.*'] }, admin),
  );
  expect(audit.items).toMatchObject([
    { type: 'io.drover.gateway.audit-sign-out-recorded.v1', actor: 'admin', data: { cause: 'expired' } },
  ]);
  expect(await here.on.sessions.get(session.ref)).toBeNull();
});

it('T-CLK-1: forgets nothing sooner because the clock leapt', async () => {
  const day = 24 * 3_600_000;
  const here = await fleet({ journalDays: 1, leapt: () => 30 * day });
  const trims: string[] = [];
  here.journal.trim = async (olderThan) => void trims.push(olderThan);
  await here.flows.stop();
  here.clock.jump(30 * day);
  await here.gateway.flow.policies[0]?.policy.advance('journal', here.stop.signal);
  expect(trims).toEqual(['2026-11-19T12:00:00.000Z']);
});

it('keeps house: each hour the old end of the journal, and operations that the list shows no longer', async () => {
  const here = await fleet({ journalDays: 1 });
  const trims: string[] = [];
  const { trim } = here.journal;
  here.journal.trim = async (olderThan, keep) => {
    trims.push(`${olderThan} ${keep}`);
    await trim(olderThan, keep);
  };
  await here.tell.off(1);
  await here.clock.advance(3000);
  await here.tell.off(2);
  await here.settled();
  await here.flows.stop(); // from here on time passes without ten-second looks
  const [woken] = here.gateway.flow.policies;
  const due = async () => (await woken?.policy.unfinished())?.join();
  const operations = async () =>
    granted(await here.gateway.listOperations({ limit: 10 }, viewer)).items.map(({ target }) => target.name);
  await here.clock.advance(3_600_000);
  expect(await due()).toBe('journal,sessions');
  await woken?.policy.advance('journal', here.stop.signal);
  expect([await due(), trims.at(-1), await operations()]).toEqual([
    'sessions',
    '2026-11-19T13:00:03.000Z 1000000',
    ['vm-2', 'vm-1'],
  ]);
  await here.clock.advance(30 * 24 * 3_600_000 - 3_601_000);
  await woken?.policy.advance('journal', here.stop.signal);
  expect(await operations()).toEqual(['vm-2']);
  await woken?.policy.advance('journal', here.stop.signal);
  expect(await operations()).toEqual(['vm-2']);
});

it.each([
  'listVms',
  'lookupVm',
  'getVm',
  'getVmHistory',
  'getFleet',
  'listOperations',
  'listEvents',
  'streamEvents',
] as const)('%s takes the right to read, whoever calls it, and a refusal is recorded', async (name) => {
  const here = await started();
  const ask = here.gateway[name] as (input: object, actor: typeof viewer) => Promise<unknown>;
  expect(await ask({}, { ...viewer, rights: [] })).toMatchObject({ rejected: 'forbidden' });
  await here.settled();
  const { items } = granted(await here.gateway.listEvents({ wait: 0, limit: 10 }, admin));
  expect(items).toMatchObject([{ actor: 'eve', data: { right: 'vm:read', code: 'forbidden' } }]);
});
