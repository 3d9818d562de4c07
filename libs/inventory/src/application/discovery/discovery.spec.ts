import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { Instant } from '@drover/kernel';
import { ProviderFault } from '@drover/ports';
import { ana, idOf, machine, openHouse, siteA } from '../../testing.js';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
let house: Awaited<ReturnType<typeof openHouse>>;
beforeEach(async () => void (house = await openHouse()));
afterEach(() => house.close());

const put = (n: number, more: Parameters<typeof machine>[2] = {}) =>
  house.machines.put(machine(n, house.clock.now(), more));
const remove = (n: number, silently = true) => house.machines.remove(machine(n, house.clock.now()).key, silently);
const start = async (...numbers: readonly number[]) => {
  for (const n of numbers) put(n);
  await house.start();
  await house.clock.advance(MINUTE);
};
/** A connection that breaks and comes back lists everything anew. */
const reconnect = async () => {
  house.machines.fail(new ProviderFault('provider_unreachable', 'gone'));
  await house.clock.advance(10);
  house.machines.fail(null);
  await house.clock.advance(5 * SECOND);
};
/** What happened to a machine, and when, in minutes since the test began to count. */
const history = async (n: number) => {
  const commits = await house.eventStore.read(`vm-${idOf(n)}` as Parameters<typeof house.eventStore.read>[0]);
  return commits.flatMap(({ facts, metadata }) => facts.map(({ fact }) => ({ ...fact, at: metadata.at })));
};
const typesOf = async (n: number) => (await history(n)).map(({ type }) => type);
const connection = () => house.inventory.getConnection({ id: siteA.id }, ana());
const FOUND = ['VmDiscovered', 'VmPowerObserved'];

it('a machine that a complete discovery lacks is missing, and gone after a quarter of an hour without it', async () => {
  await start(1, 2);
  remove(1);
  await reconnect();
  expect(await typesOf(1)).toEqual([...FOUND, 'VmWentMissing']);
  await house.clock.advance(14 * MINUTE);
  expect(await typesOf(1)).toEqual([...FOUND, 'VmWentMissing']);
  await house.clock.advance(2 * MINUTE);
  expect(await typesOf(1)).toEqual([...FOUND, 'VmWentMissing', 'VmRetired']);
  const [missing, retired] = (await history(1)).slice(2);
  expect(retired).toMatchObject({ cause: 'gone' });
  expect(Instant.msBetween(missing?.at as Instant, retired?.at as Instant)).toBeGreaterThanOrEqual(15 * MINUTE);
  expect(await typesOf(2)).toEqual(FOUND);
});

it('three discoveries in a row are not enough without the quarter of an hour', async () => {
  await start(1, 2);
  remove(1);
  for (let i = 0; i < 5; i++) await reconnect();
  expect(await typesOf(1)).toEqual([...FOUND, 'VmWentMissing']);
});

it('a quarter of an hour is not enough without three discoveries', async () => {
  await start(1, 2);
  remove(1);
  await reconnect();
  house.machines.fail(new ProviderFault('provider_unreachable', 'gone'));
  await house.clock.advance(60 * MINUTE);
  house.machines.fail(null);
  await house.clock.advance(30 * SECOND);
  expect(await typesOf(1)).toEqual([...FOUND, 'VmWentMissing']); // the second
  await house.clock.advance(5 * MINUTE);
  expect(await typesOf(1)).toEqual([...FOUND, 'VmWentMissing', 'VmRetired']);
});

it('K3: a clock that jumps makes nobody gone, and keeps nobody', async () => {
  await start(1, 2);
  remove(1);
  await reconnect();
  for (const hours of [24, -48, 25]) {
    house.clock.jump(hours * 60 * MINUTE);
    await reconnect();
    expect(await typesOf(1)).toEqual([...FOUND, 'VmWentMissing']);
  }
  await house.clock.advance(16 * MINUTE);
  expect(await typesOf(1)).toEqual([...FOUND, 'VmWentMissing', 'VmRetired']);
});

it('K3: a clock that jumps makes nobody believe a provider that shows nothing', async () => {
  await start(1, 2);
  remove(1);
  remove(2);
  await reconnect();
  for (const hours of [24, -24]) {
    house.clock.jump(hours * 60 * MINUTE);
    await reconnect();
    expect(await connection()).toMatchObject({ state: 'degraded' });
  }
  await house.clock.advance(16 * MINUTE);
  expect(await typesOf(1)).toEqual([...FOUND, 'VmWentMissing']);
});

it('after a restart a machine that is missing is waited for anew', async () => {
  await start(1, 2);
  remove(1);
  await reconnect();
  await house.clock.advance(6 * MINUTE);
  const { clock, eventStore, machines } = house;
  await house.close();
  house = await openHouse({ clock, eventStore, catalog: machines });
  await house.start();
  await clock.advance(14 * MINUTE);
  expect(await typesOf(1)).toEqual([...FOUND, 'VmWentMissing']);
  await clock.advance(2 * MINUTE);
  expect(await typesOf(1)).toEqual([...FOUND, 'VmWentMissing', 'VmRetired']);
});

it('a machine that is seen again is no longer missing, and counts anew', async () => {
  await start(1, 2);
  remove(1);
  await reconnect();
  await house.clock.advance(10 * MINUTE);
  put(1);
  await house.clock.advance(1);
  expect(await typesOf(1)).toEqual([...FOUND, 'VmWentMissing', 'VmSeenAgain']);
  remove(1);
  await reconnect();
  await house.clock.advance(6 * MINUTE);
  expect((await typesOf(1)).slice(4)).toEqual(['VmWentMissing']);
});

it('a removal in a live session is believed once a complete discovery confirms it', async () => {
  await start(1, 2);
  remove(1, false);
  await house.clock.advance(500);
  expect(await typesOf(1)).toEqual(FOUND);
  await house.clock.advance(SECOND);
  expect(await typesOf(1)).toEqual([...FOUND, 'VmRetired']);
});

it('a removal that the next discovery denies is forgotten', async () => {
  await start(1, 2);
  remove(1, false);
  put(1);
  await house.clock.advance(MINUTE);
  expect(await typesOf(1)).toEqual(FOUND);
  remove(1);
  await reconnect();
  expect(await typesOf(1)).toEqual([...FOUND, 'VmWentMissing']); // not gone at once
});

it('a removal that could not be confirmed is looked at again when the provider is back', async () => {
  await start(1, 2);
  remove(1, false);
  house.machines.fail(new ProviderFault('provider_unreachable', 'gone'));
  await house.clock.advance(MINUTE);
  expect(await typesOf(1)).toEqual(FOUND);
  house.machines.fail(null);
  await house.clock.advance(MINUTE);
  expect(await typesOf(1)).toEqual([...FOUND, 'VmRetired']);
});

it('a machine that is gone and shown again is active again, in the same stream', async () => {
  await start(1, 2);
  remove(1, false);
  await house.clock.advance(MINUTE);
  put(1, { name: 'web-1b' });
  await house.clock.advance(1);
  expect(await typesOf(1)).toEqual([...FOUND, 'VmRetired', ...FOUND]);
  expect(await house.shown.after(idOf(1), 0)).toMatchObject({ name: 'web-1b', lifecycle: { state: 'active' } });
});

it('T71: what was read before a removal does not bring a machine back', async () => {
  await start(1, 2);
  const slow = { ...machine(1, house.clock.now()), ...house.reads.next() };
  await house.clock.advance(SECOND);
  remove(1, false);
  house.machines.put(slow);
  house.machines.remove(slow.key, true);
  await house.clock.advance(MINUTE);
  expect(await typesOf(1)).toEqual([...FOUND, 'VmRetired']);
});

it('a provider that shows nothing where machines were known is not believed for a quarter of an hour', async () => {
  await start(1, 2);
  remove(1);
  remove(2);
  await reconnect();
  expect(await connection()).toMatchObject({
    ...{ state: 'degraded', reason: { code: 'nothing_found' }, discovery: { state: 'partial', seen: 0 } },
  });
  expect(await typesOf(1)).toEqual(FOUND);
  await house.clock.advance(14 * MINUTE);
  expect(await typesOf(1)).toEqual(FOUND);
  await house.clock.advance(2 * MINUTE);
  expect(await typesOf(1)).toEqual([...FOUND, 'VmWentMissing']);
  expect(await connection()).toMatchObject({ state: 'up', discovery: { state: 'complete' } });
  await house.clock.advance(16 * MINUTE);
  expect(await typesOf(1)).toEqual([...FOUND, 'VmWentMissing', 'VmRetired']);
});

it('a provider that shows nothing for a moment loses nobody', async () => {
  await start(1, 2);
  const both = [machine(1, house.clock.now()), machine(2, house.clock.now())];
  remove(1);
  remove(2);
  await reconnect();
  await house.clock.advance(MINUTE);
  for (const each of both) house.machines.put({ ...each, observedAt: house.clock.now() });
  await house.clock.advance(20 * MINUTE);
  expect(await connection()).toMatchObject({ state: 'up', discovery: { state: 'complete', seen: 2 } });
  expect([await typesOf(1), await typesOf(2)]).toEqual([FOUND, FOUND]);
});

it('the quarter of an hour of a provider that shows nothing begins anew once it showed somebody', async () => {
  await start(1, 2);
  const vanish = async () => {
    remove(1);
    remove(2);
    await reconnect();
  };
  await vanish();
  for (const n of [1, 2]) put(n);
  await reconnect();
  await house.clock.advance(20 * MINUTE);
  await vanish();
  expect([await typesOf(1), await connection()]).toMatchObject([FOUND, { state: 'degraded' }]);
});

it('a provider that shows nobody but a machine that cannot be read is believed', async () => {
  await start(1, 2);
  remove(1);
  house.machines.hide({ ref: 'vm-7', key: null, name: 'web-7', why: 'no UUID' }, true);
  remove(2);
  await reconnect();
  expect(await typesOf(1)).toEqual([...FOUND, 'VmWentMissing']);
  expect(await connection()).toMatchObject({ state: 'up', discovery: { state: 'complete', seen: 0 } });
});

it('an empty provider is no trouble when nobody was known', async () => {
  await start();
  expect(await connection()).toMatchObject({ state: 'up', discovery: { state: 'complete', seen: 0 } });
});

it('does not touch a machine that no provider has shown yet', async () => {
  await house.start();
  const answer = await house.inventory.registerVm(
    { name: 'soon', connectionId: siteA.id, aliases: [...machine(5, house.clock.now()).aliases], groupIds: [] },
    ana('k'),
  );
  expect(answer).toMatchObject({ vmId: idOf(5) });
  put(1);
  await house.clock.advance(MINUTE);
  for (let i = 0; i < 4; i++) await reconnect();
  await house.clock.advance(30 * MINUTE);
  expect(await typesOf(5)).toEqual(['VmRegistered']);
});

it('looks again only while something is in doubt', async () => {
  await start(1, 2);
  const before = (await house.facts()).length;
  await house.clock.advance(60 * MINUTE);
  expect(await house.facts()).toHaveLength(before);
});
