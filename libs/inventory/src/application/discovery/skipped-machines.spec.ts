import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { Connection } from '@drover/contracts';
import type { Alias } from '@drover/kernel';
import { ProviderFault } from '@drover/ports';
import { ana, idOf, machine, openHouse, siteA } from '../../testing.js';
import type { DiscoveryCount } from '../../domain/connection.events.js';
import { skippedIn, surprising } from './discovery.js';

const MINUTE = 60_000;
let house: Awaited<ReturnType<typeof openHouse>>;
beforeEach(async () => void (house = await openHouse()));
afterEach(() => house.close());

const moref = (n: number): Alias => ({ source: siteA.id, kind: 'moref', value: `vm-${n}` });
const named = (n: number, more: Parameters<typeof machine>[2] = {}) => {
  const shown = machine(n, house.clock.now(), more);
  return { ...shown, aliases: [...shown.aliases, moref(n)] };
};
/** From now on the UUID of a machine cannot be read. */
const hide = (n: number, silently = false) =>
  house.machines.hide({ ref: `vm-${n}`, key: null, name: `web-${n}`, why: 'no UUID' }, silently);
const start = async (...numbers: readonly number[]) => {
  for (const n of numbers) house.machines.put(named(n));
  await house.start();
  await house.clock.advance(10);
};
const connection = async () => (await house.inventory.getConnection({ id: siteA.id }, ana())) as Connection;
const ofMachine = async (n: number) => (await house.facts()).filter(({ stream }) => stream === `vm-${idOf(n)}`);
const typesOf = async (n: number) => (await ofMachine(n)).map(({ type }) => type);
const FOUND = ['VmDiscovered', 'VmPowerObserved'];

it('K7: a machine that cannot be shown is named in its connection, and the others are found', async () => {
  hide(7, true);
  await start(1, 2);
  expect(await connection()).toMatchObject({
    state: 'up',
    discovery: {
      state: 'complete',
      seen: 2,
      skipped: [{ ref: 'vm-7', name: 'web-7', why: 'no UUID' }],
      skippedCount: 1,
    },
  });
  expect(await typesOf(2)).toEqual(FOUND);
  house.machines.put(named(7));
  await house.clock.advance(3_000);
  expect((await connection()).discovery).toMatchObject({ seen: 3, skipped: [], skippedCount: 0 });
  expect(await typesOf(7)).toEqual(FOUND);
});

it('K7: of more than a hundred a hundred are named, and all are counted', async () => {
  for (let n = 100; n < 250; n++) hide(n, true);
  await start(1);
  const { skipped, skippedCount } = (await connection()).discovery;
  expect([skipped.length, skippedCount]).toEqual([100, 150]);
});

it('K25: whoever of the fleet cannot be read is told, also those that are not named', async () => {
  const numbers = Array.from({ length: 130 }, (_, i) => 100 + i);
  await start(1, 2, ...numbers);
  for (const n of numbers) hide(n);
  hide(999); // nobody of the fleet
  await house.clock.advance(3_000);
  const last = async () => (await house.facts()).filter(({ type }) => type === 'ConnectionRefreshed').at(-1);
  const unread = async () => {
    const { skipped = [], unread: others = [], unreadCount } = ((await last()) ?? {}) as Partial<DiscoveryCount>;
    return [new Set([...skipped.map(({ vmId }) => vmId), ...others]).size, others.length, unreadCount];
  };
  expect(await unread()).toEqual([130, 30, 130]);
  house.machines.remove(machine(2, house.clock.now()).key, true);
  await house.clock.advance(12 * MINUTE);
  expect(await last()).toMatchObject({ missing: 1 }); // names only were listed: what was read before still holds
  expect(await unread()).toEqual([130, 30, 130]);
});

/** What is told of so many that were skipped, each of them so many of the fleet. */
const toldOf = (count: number, each: number) => {
  const skipped = new Map(
    Array.from({ length: count }, (_, n) => {
      const machine = { ref: `vm-${n}`, key: null, name: null, why: 'no UUID' };
      return [machine.ref, { machine, vmIds: Array.from({ length: each }, (_, m) => idOf(n + m * count)) }] as const;
    }),
  );
  const { unread, unreadCount } = skippedIn({ skipped });
  return [unread?.length, unreadCount];
};

it.each([
  ['a hundred that are named', 100, 1, undefined, undefined],
  ['a hundred that nobody knows', 100, 0, undefined, undefined],
  ['more than are named, whom nobody knows', 101, 0, 0, 0],
  ['more than are named', 101, 1, 1, 101],
  ['one whose reference two had', 1, 2, 1, 2],
  ['more than a thousand beyond the named', 1_200, 1, 1_000, 1_200],
])('K25: of the fleet, whom the names leave out is told: %s', (_of, count, each, unread, unreadCount) =>
  expect(toldOf(count, each)).toEqual([unread, unreadCount]),
);

it('K7: a machine that becomes unreadable while the session lives is named soon', async () => {
  await start(1, 2);
  hide(2);
  await house.clock.advance(3_000);
  expect((await connection()).discovery).toMatchObject({ seen: 1, skippedCount: 1 });
  const written = (await house.facts()).length;
  hide(2);
  await house.clock.advance(5 * MINUTE);
  expect(await house.facts()).toHaveLength(written);
});

it.each<[string, string[], number[], Alias[], boolean]>([
  ['one is skipped that was not', ['vm-1'], [1, 2], [], true],
  ['one is skipped as before', ['vm-1', 'vm-2'], [2], [], false],
  ['one is shown that was skipped', ['vm-1'], [], [moref(3), moref(1)], true],
  ['one is shown that was shown', ['vm-1'], [], [moref(3)], false],
  ['one is shown under a name of another kind', ['vm-1'], [], [{ ...moref(1), kind: 'bios-uuid' }], false],
  ['none was skipped, and none is', [], [], [moref(3)], false],
])('K7: news of a live session ask for a listing when %s', (_name, listed, skipped, aliases, asked) => {
  const hidden = skipped.map((n) => ({ ref: `vm-${n}`, key: null, name: null, why: 'no UUID' }));
  const machines = aliases.length === 0 ? [] : [{ ...named(3), ...house.reads.next(), aliases }];
  expect(surprising(new Set(listed), { machines, skipped: hidden })).toBe(asked);
});

it('K7: where nothing was listed yet, whoever is skipped is a surprise', () => {
  const hidden = { ref: 'vm-1', key: null, name: null, why: 'no UUID' };
  expect(surprising(undefined, { machines: [], skipped: [hidden] })).toBe(true);
  expect(surprising(undefined, { machines: [{ ...named(1), ...house.reads.next() }], skipped: [] })).toBe(false);
});

it('K25: after a restart a listed reference keeps its machine from going missing, and nothing else', async () => {
  await start(1, 2);
  await house.close();
  const { clock, eventStore, machines } = house;
  const written = await typesOf(2);
  house = await openHouse({ clock, eventStore, catalog: machines });
  machines.hide({ ref: 'vm-2', key: null, name: 'web-2', why: 'no UUID' }, true);
  await house.start();
  await clock.advance(60 * MINUTE);
  expect(await typesOf(2)).toEqual(written);
  expect((await house.facts()).filter(({ type }) => type === 'ConnectionRefreshed').at(-1)).toMatchObject({
    skipped: [{ ref: 'vm-2', vmId: idOf(2) }],
  });
});

it('K25: a machine of which neither the UUID nor the reference is listed goes missing', async () => {
  await start(1, 2, 3);
  hide(2);
  house.machines.remove(machine(3, house.clock.now()).key, true);
  await house.clock.advance(15 * MINUTE);
  expect([await typesOf(2), await typesOf(3)]).toEqual([FOUND, [...FOUND, 'VmWentMissing']]);
});

it('K25: a listing of names in which no UUID is readable finds machines, not an empty provider', async () => {
  await start(1, 2);
  for (const n of [1, 2]) hide(n, true);
  await house.clock.advance(12 * MINUTE);
  expect((await house.facts()).flatMap((fact) => ('to' in fact ? [fact.to] : []))).toEqual(['up']);
  expect(await connection()).toMatchObject({ state: 'up', reason: null, discovery: { skippedCount: 2 } });
  for (const n of [1, 2]) expect(await typesOf(n)).toEqual(FOUND);
});

it('K8: one that cannot be shown stops no removal', async () => {
  hide(7, true);
  await start(1, 2);
  house.machines.remove(machine(1, house.clock.now()).key);
  await house.clock.advance(3_000);
  expect(await typesOf(1)).toEqual([...FOUND, 'VmRetired']);
});

it('K8: a listing that nobody asked for and that fails shows in the connection', async () => {
  await start(1, 2);
  await house.close();
  const { clock, eventStore, machines } = house;
  let broken = true;
  const list: typeof machines.list = async function* (...given) {
    if (broken) throw new ProviderFault('provider_error', 'it says no');
    yield* machines.list(...given);
  };
  house = await openHouse({ clock, eventStore, catalog: { ...machines, list } });
  await house.start();
  machines.remove(machine(1, clock.now()).key);
  await clock.advance(3_000);
  expect(await connection()).toMatchObject({
    state: 'degraded',
    reason: { code: 'provider_error', detail: 'it says no' },
  });
  broken = false;
  await clock.advance(6 * MINUTE);
  expect(await connection()).toMatchObject({ state: 'up', reason: null });
  expect(await typesOf(1)).toEqual([...FOUND, 'VmRetired']);
});

it('K7: a machine without hardware is in the fleet, and told of what it is made of when that can be read', async () => {
  house.machines.put({ ...named(1), hardware: null });
  await house.start();
  await house.clock.advance(10);
  expect(await typesOf(1)).toEqual(['VmRegistered', 'VmPowerObserved']);
  expect(await house.shown.after(idOf(1), 0)).toMatchObject({ hardware: null, power: { state: 'poweredOn' } });
  house.machines.put({ ...named(1), hardware: null, name: 'renamed' });
  await house.clock.advance(10);
  expect(await house.shown.after(idOf(1), 0)).toMatchObject({ name: 'renamed', hardware: null });
  house.machines.put({ ...named(1), name: 'renamed' });
  await house.clock.advance(10);
  expect(await house.shown.after(idOf(1), 0)).toMatchObject({ name: 'renamed', hardware: { cpus: 2 } });
  house.machines.put({ ...named(1), name: 'again', hardware: null });
  await house.clock.advance(10);
  expect(await house.shown.after(idOf(1), 0)).toMatchObject({ name: 'again', hardware: { cpus: 2 } });
  house.machines.remove(machine(1, house.clock.now()).key, true);
  house.machines.put(named(2));
  await house.clock.advance(12 * MINUTE);
  expect((await typesOf(1)).at(-1)).toBe('VmWentMissing');
});

it('K19: a machine that its provider cannot reach has no known power, until it can be reached', async () => {
  await start(1);
  house.machines.put(named(1, { power: 'poweredOff', connectionState: 'disconnected' }));
  await house.clock.advance(10);
  expect((await ofMachine(1)).at(-1)).toMatchObject({
    ...{ type: 'VmPowerObserved', power: 'unknown', tools: 'unknown', bootAt: null, connectionState: 'disconnected' },
  });
  house.machines.put(named(1, { power: 'poweredOff' }));
  await house.clock.advance(10);
  const last = (await ofMachine(1)).at(-1);
  expect(last).toMatchObject({ type: 'VmPowerObserved', power: 'poweredOff' });
  expect(last).not.toHaveProperty('connectionState');
});

it('K28: a machine that becomes a template stays, is told as one, and may become a machine again', async () => {
  await start(1);
  house.machines.put(named(1, { template: true }));
  await house.clock.advance(30 * MINUTE);
  expect((await ofMachine(1)).slice(2)).toMatchObject([{ type: 'VmDescribed', name: null, template: true }]);
  house.machines.put(named(1));
  await house.clock.advance(10);
  expect((await ofMachine(1)).slice(3)).toMatchObject([{ type: 'VmDescribed', template: false }]);
});
