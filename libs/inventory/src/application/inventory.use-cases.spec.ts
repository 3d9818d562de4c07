import { afterEach, expect, it } from '@jest/globals';
import { ConnectionId } from '@drover/kernel';
import { publicEvents, memoryMachineCatalog, virtualClock, type MachineCatalog } from '@drover/ports';
import { ana, idOf, machine, openHouse, siteA } from '../testing.js';
import { inventoryPublished } from './inventory.published.js';

let house: Awaited<ReturnType<typeof openHouse>>;
afterEach(() => house.close());

it('the story of a machine: announced, found, described, switched, edited, lost, found again, taken out', async () => {
  house = await openHouse();
  await house.start();
  const { inventory, machines, clock } = house;
  const put = (more: Parameters<typeof machine>[2] = {}) => machines.put(machine(1, clock.now(), more));
  const pass = (ms = 1000) => clock.advance(ms);

  const [alias] = machine(1, clock.now()).aliases;
  const announced = { name: 'web', connectionId: siteA.id, aliases: alias ? [alias] : [], groupIds: [] };
  await inventory.registerVm(announced, ana('k'));
  put();
  await pass();
  put({ name: 'web-1b' });
  await pass();
  put({ name: 'web-1b', power: 'poweredOff' });
  await pass();
  await inventory.editVm({ vmId: idOf(1), displayName: 'Shop' }, ana());
  machines.put(machine(2, clock.now()));
  await pass();
  machines.remove(machine(1, clock.now()).key, true);
  await pass();
  await inventory.refreshConnection({ id: siteA.id }, ana());
  await pass();
  put({ name: 'web-1b', power: 'poweredOff' });
  await pass();
  await inventory.retireVm({ vmId: idOf(1) }, ana());
  await pass();

  const story = (await house.eventStore.readAll(0, 1000))
    .flatMap((commit) => publicEvents('inventory', inventoryPublished, commit))
    .map(({ type, subject, sequence, actor }) => `${actor}: ${subject} ${sequence} ${type.split('.')[3]}`)
    .map((line) => line.replace(idOf(1), '1').replace(idOf(2), '2'));
  expect(story).toEqual([
    'policy:connection-watch: connection/site-a 1 connection-added',
    'policy:connection-watch: connections/configured 1 connections-configured',
    'policy:connection-watch: connection/site-a 2 connection-state-changed',
    'policy:connection-watch: connection/site-a 3 connection-refreshed',
    'ana: vm/1 1 vm-registered',
    'policy:observe-machines: vm/1 2 vm-discovered',
    'policy:observe-machines: vm/1 3 vm-power-observed',
    'policy:observe-machines: vm/1 4 vm-described',
    'policy:observe-machines: vm/1 5 vm-power-observed',
    'ana: vm/1 6 vm-edited',
    'policy:observe-machines: vm/2 1 vm-discovered',
    'policy:observe-machines: vm/2 2 vm-power-observed',
    'ana: connection/site-a 4 connection-refresh-requested',
    'policy:observe-machines: vm/1 7 vm-went-missing',
    'policy:connection-refresh: connection/site-a 5 connection-refreshed',
    'policy:observe-machines: vm/1 8 vm-seen-again',
    'ana: vm/1 9 vm-retired',
  ]);
  expect(house.reported).toEqual([]);
});

it('keeps the providers apart: one that is down troubles no other', async () => {
  const clock = virtualClock();
  const [a, b] = [memoryMachineCatalog(() => clock.now()), memoryMachineCatalog(() => clock.now())];
  const siteB = { ...siteA, id: ConnectionId.parse('site-b') };
  const of = (id: ConnectionId) => (id === siteA.id ? a : b);
  const catalog: MachineCatalog = {
    test: (target, signal) => of(target.id).test(target, signal),
    list: (target, signal) => of(target.id).list(target, signal),
    identities: (target, signal) => of(target.id).identities(target, signal),
    read: (target, keys, signal) => of(target.id).read(target, keys, signal),
    watch: (target, signal) => of(target.id).watch(target, signal),
    release: async () => {},
  };
  house = await openHouse({ clock, catalog, configured: [siteA, siteB] });
  a.put(machine(1, clock.now()));
  b.fail(Object.assign(new Error('an adapter that names no fault')) as never);
  await house.start();
  await clock.advance(120_000);
  const list = await house.inventory.listConnections({ limit: 10 }, ana());
  expect(list).toMatchObject({
    items: [
      { id: 'site-a', state: 'up' },
      { id: 'site-b', state: 'down', reason: { code: 'provider_unreachable' } },
    ],
  });
  // Machines with the same uuid at two providers are two machines.
  b.fail(null);
  b.put(machine(1, clock.now()));
  await clock.advance(60_000);
  const streams = (await house.facts()).map(({ stream }) => stream).filter((stream) => stream.startsWith('vm-'));
  expect(new Set(streams).size).toBe(2);
});

it('views grown anew are the views that were', async () => {
  house = await openHouse();
  for (const n of [1, 2, 3]) house.machines.put(machine(n, house.clock.now()));
  await house.start();
  house.machines.remove(machine(3, house.clock.now()).key);
  await house.inventory.refreshConnection({ id: siteA.id }, ana());
  await house.inventory.registerVm({ name: 'x', connectionId: null, aliases: [], groupIds: [] }, ana('k'));
  await house.clock.advance(10_000);
  const group = house.inventory.flow.own?.group;
  const rows = async () => {
    const rowsOf = async (view: string) => (await group?.view(view).find({ limit: 100 }))?.rows;
    return [await rowsOf('vm-directory'), await rowsOf('connections')];
  };
  const before = await rows();
  expect(before.map((view) => view?.length)).toEqual([4, 1]);
  await group?.reset();
  await house.flows.caughtUp();
  expect(await rows()).toEqual(before);
});
