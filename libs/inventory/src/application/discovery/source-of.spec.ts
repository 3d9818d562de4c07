import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { VmId, type Alias } from '@drover/kernel';
import { ana, idOf, machine, openHouse, siteA } from '../../testing.js';
import { sourceOf } from './source-of.js';

let house: Awaited<ReturnType<typeof openHouse>>;
beforeEach(async () => {
  house = await openHouse();
  await house.start();
});
afterEach(() => house.close());

const moref = (n: number): Alias => ({ source: siteA.id, kind: 'moref', value: `vm-${n}` });
const cloudId = (n: number): Alias => ({ source: null, kind: 'cloud-instance-id', value: `i-${n}` });
const register = (key: string, aliases: readonly Alias[]) =>
  house.inventory.registerVm({ name: key, connectionId: siteA.id, aliases: [...aliases], groupIds: [] }, ana(key));
const retire = async (key: string) => {
  await house.inventory.retireVm({ vmId: VmId.ofRequest(key) }, ana());
  await house.clock.advance(10);
};
/** The provider shows a machine under one more name than its uuid. */
const show = async (n: number, alias: Alias) => {
  const shown = machine(n, house.clock.now());
  house.machines.put({ ...shown, aliases: [...shown.aliases, alias] });
  await house.clock.advance(10);
};
const typesOf = async (vmId: VmId) =>
  (await house.facts()).filter(({ stream }) => stream === `vm-${vmId}`).map(({ type }) => type);
const FOUND = ['VmDiscovered', 'VmPowerObserved'];

it('of more than 500 machines that were registered by hand each is found again, and none is found as another', async () => {
  await house.close();
  house = await openHouse();
  const numbers = Array.from({ length: 600 }, (_, n) => n);
  for (const n of numbers) {
    const shown = machine(n, house.clock.now());
    house.machines.put({ ...shown, aliases: [...shown.aliases, moref(n)] });
    const body = { name: `k${n}`, connectionId: null, aliases: [moref(n)], groupIds: [] };
    await house.inventory.registerVm(body, ana(body.name));
  }
  await house.start();
  for (let turns = 0; turns < 20; turns++) await house.clock.advance(1); // a large listing gives way to others
  const discovered = (await house.facts()).filter(({ type }) => type === 'VmDiscovered').map(({ stream }) => stream);
  expect(new Set(discovered)).toEqual(new Set(numbers.map((n) => `vm-${VmId.ofRequest(`k${n}`)}`)));
  expect(discovered).toHaveLength(600);
});

it('finds a machine by a name that everybody uses', async () => {
  await register('k1', [cloudId(1)]);
  await show(1, cloudId(1));
  expect(await typesOf(VmId.ofRequest('k1'))).toEqual(['VmRegistered', ...FOUND]);
  expect(await typesOf(idOf(1))).toEqual([]);
});

it('does not discover as another machine whom a person took out', async () => {
  await register('k1', [moref(1)]);
  await show(1, moref(1));
  await retire('k1');
  await show(1, moref(1));
  expect(await typesOf(VmId.ofRequest('k1'))).toEqual(['VmRegistered', ...FOUND, 'VmRetired']);
  expect(await typesOf(idOf(1))).toEqual([]);
});

it('knows whoever was registered anew, not whom a person took out', async () => {
  await register('k1', [moref(1)]);
  await show(1, moref(1));
  await retire('k1');
  await register('k2', machine(1, house.clock.now()).aliases); // by its uuid: under the id that its provider makes
  await show(1, moref(1));
  expect(await typesOf(VmId.ofRequest('k1'))).toHaveLength(4);
  expect(await typesOf(idOf(1))).toEqual(['VmRegistered', ...FOUND]);
  await retire('k1');
  await house.inventory.retireVm({ vmId: idOf(1) }, ana());
  await house.clock.advance(10);
  await register('k3', [moref(1)]);
  await show(1, moref(1));
  expect(await typesOf(VmId.ofRequest('k3'))).toEqual(['VmRegistered', ...FOUND]);
});

it('K24: a reference that another machine has by now leads to that one, and the first goes missing', async () => {
  await register('k1', [moref(1)]);
  await show(1, moref(1));
  house.machines.remove(machine(1, house.clock.now()).key, true);
  await show(2, moref(1));
  expect(await typesOf(idOf(2))).toEqual(FOUND);
  expect(await typesOf(VmId.ofRequest('k1'))).toEqual(['VmRegistered', ...FOUND]);
  await house.clock.advance(12 * 60_000);
  expect(await typesOf(VmId.ofRequest('k1'))).toEqual(['VmRegistered', ...FOUND, 'VmWentMissing']);
});

it('K24: so it is while the view has not heard of the first one yet', async () => {
  await register('k1', [moref(1)]);
  const shown = [1, 2].map((n) => {
    const each = machine(n, house.clock.now());
    return { ...each, aliases: [...each.aliases, moref(1)] };
  });
  for (const each of shown) house.machines.put(each);
  await house.clock.advance(10);
  expect([await typesOf(VmId.ofRequest('k1')), await typesOf(idOf(2))]).toEqual([['VmRegistered', ...FOUND], FOUND]);
});

it.each<[Alias['kind'], string | null]>([
  ['bios-uuid', siteA.id],
  ['hostname', null],
  ['vm-name', siteA.id],
])('K24: a %s claims nobody: copies share it', async (kind, source) => {
  const shared = { source, kind, value: '420570c7-f61f-a930-77c5-1e876786cb3c' };
  await register('k1', [shared]);
  await show(1, shared);
  await show(2, shared);
  expect([await typesOf(VmId.ofRequest('k1')), await typesOf(idOf(1)), await typesOf(idOf(2))]).toEqual([
    ...[['VmRegistered'], FOUND, FOUND],
  ]);
});

it('looks up the names of the machines it is asked about, and no others', async () => {
  const asked: (readonly string[])[] = [];
  const registry: Parameters<typeof sourceOf>[2] = {
    adopted: async (keys) => (asked.push(keys), new Map()),
    isInFleet: async () => false,
    clear: async () => ({ is: 'clear', undo: async () => {} }),
    doubt: () => {},
  };
  const connection = {
    is: 'known',
    settings: siteA,
    revision: 1,
    state: 'up',
    code: null,
    refusal: null,
    trouble: null,
    refresh: { is: 'idle', op: 0 },
  } as const;
  const { key } = machine(1, house.clock.now());
  const name: Alias = { source: siteA.id, kind: 'vm-name', value: 'web-1' };
  const identified = await sourceOf(siteA.id, connection, registry).identify([{ key, aliases: [moref(1), name] }]);
  expect(identified.map(({ vmId }) => vmId)).toEqual([idOf(1)]);
  expect(asked).toEqual([[`instance-uuid:site-a:${key}`, 'moref:site-a:vm-1']]);
});
