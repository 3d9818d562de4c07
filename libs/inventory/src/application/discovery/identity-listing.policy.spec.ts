import { afterEach, expect, it } from '@jest/globals';
import type { Connection } from '@drover/contracts';
import { memoryMachineCatalog, ProviderFault, virtualClock, type MachineCatalog } from '@drover/ports';
import { ana, idOf, machine, openHouse, siteA } from '../../testing.js';
import { nameListingDue } from './listing-schedule.js';
import { runtimeState } from './runtime-state.js';

const MINUTE = 60_000;
let house: Awaited<ReturnType<typeof openHouse>>;
afterEach(() => house.close());

/** A listing that shows nothing until it is given up. */
async function* neverEnding(...[, signal]: Parameters<MachineCatalog['identities']>) {
  await new Promise((_, fail) => signal.addEventListener('abort', () => fail(signal.reason as Error)));
  yield* [];
}

/** A house whose provider counts how often its names are asked for. */
const start = async (...numbers: readonly number[]) => {
  const clock = virtualClock();
  const machines = memoryMachineCatalog(() => clock.now());
  const asked: number[] = [];
  let broken: ProviderFault | null = null;
  let hangs = false;
  const identities: typeof machines.identities = (...given) => {
    asked.push(clock.monotonic());
    if (broken) throw broken;
    if (hangs) return neverEnding(...given);
    return machines.identities(...given);
  };
  house = await openHouse({ clock, catalog: { ...machines, identities } });
  for (const n of numbers) machines.put(machine(n, clock.now()));
  await house.start();
  return {
    clock,
    machines,
    asked,
    spoil: (fault: ProviderFault | null) => void (broken = fault),
    hang: (so: boolean) => void (hangs = so),
  };
};
const uuid = (n: number) => machine(n, house.clock.now()).key;
const typesOf = async (n: number) =>
  (await house.facts()).filter(({ stream }) => stream === `vm-${idOf(n)}`).map(({ type }) => type);
const connection = async () => (await house.inventory.getConnection({ id: siteA.id }, ana())) as Connection;
const FOUND = ['VmDiscovered', 'VmPowerObserved'];

it('K9: lists the names of a healthy connection every ten minutes or so, and leaves no fact where nothing is new', async () => {
  const { clock, asked } = await start(1, 2);
  const written = (await house.facts()).length;
  await clock.advance(61 * MINUTE);
  expect(asked.length).toBeGreaterThanOrEqual(5);
  expect(asked.length).toBeLessThanOrEqual(6);
  expect(await house.facts()).toHaveLength(written);
});

it.each([
  [0, 9],
  [0.5, 10],
  [1, 11],
])(
  'K9: the next listing of names is due in ten minutes, more or less by one at random (%d)',
  async (chance, minutes) => {
    const [now, clock] = [runtimeState(), virtualClock()];
    await clock.advance(5 * MINUTE);
    nameListingDue({ runtime: now, clock, random: () => chance }, siteA.id);
    expect([...now.namesDue]).toEqual([[siteA.id, (5 + minutes) * MINUTE]]);
  },
);

it('K9: a machine whose removal nobody told is missing at the next listing, and gone after three', async () => {
  const { clock, machines } = await start(1, 2);
  machines.remove(uuid(1), true);
  await clock.advance(12 * MINUTE);
  expect(await typesOf(1)).toEqual([...FOUND, 'VmWentMissing']);
  await clock.advance(20 * MINUTE);
  expect(await typesOf(1)).toEqual([...FOUND, 'VmWentMissing', 'VmRetired']);
  expect(await typesOf(2)).toEqual(FOUND);
});

it('K9: a machine that nobody told of, or that is back, is listed in full', async () => {
  const { clock, machines } = await start(1, 2);
  machines.remove(uuid(1), true);
  await clock.advance(12 * MINUTE);
  expect(await typesOf(1)).toEqual([...FOUND, 'VmWentMissing']);
  machines.putSilently({ ...machine(1, clock.now()), name: 'back' });
  await clock.advance(12 * MINUTE);
  expect((await typesOf(1)).slice(2)).toEqual(['VmWentMissing', 'VmSeenAgain', 'VmDescribed']);
  machines.putSilently(machine(3, clock.now()));
  await clock.advance(12 * MINUTE);
  expect(await typesOf(3)).toEqual(FOUND);
});

it('K25: a machine whose UUID cannot be read any more is named, and stays so when names are all that is listed', async () => {
  const { clock, machines } = await start(1, 2, 3);
  machines.hide({ ref: uuid(2), key: null, name: null, why: 'no UUID' }, true);
  await clock.advance(12 * MINUTE);
  expect((await connection()).discovery).toMatchObject({ seen: 2, skippedCount: 1 });
  machines.remove(uuid(3), true);
  await clock.advance(12 * MINUTE);
  expect(await typesOf(3)).toEqual([...FOUND, 'VmWentMissing']);
  expect((await connection()).discovery).toMatchObject({
    skipped: [{ ref: uuid(2), why: 'no UUID' }],
    skippedCount: 1,
  });
});

it('K8: a listing of names that fails shows in the connection, and one that succeeds clears it', async () => {
  const { clock, spoil } = await start(1);
  spoil(new ProviderFault('provider_error', 'it says no'));
  await clock.advance(12 * MINUTE);
  expect(await connection()).toMatchObject({
    state: 'degraded',
    reason: { code: 'provider_error', detail: 'it says no' },
  });
  spoil(null);
  await clock.advance(12 * MINUTE);
  expect(await connection()).toMatchObject({ state: 'up', reason: null });
});

it('K14: a listing of names that does not end is given up, shows in the connection, and is begun again', async () => {
  const { clock, asked, hang } = await start(1);
  hang(true);
  await clock.advance(18 * MINUTE);
  expect(await connection()).toMatchObject({ state: 'degraded', reason: { code: 'operation_timed_out' } });
  hang(false);
  await clock.advance(12 * MINUTE);
  expect(asked.length).toBeGreaterThanOrEqual(2);
  expect(await connection()).toMatchObject({ state: 'up', reason: null });
});

it('a sign-in that is refused to a listing of names blocks the connection, and is not tried again', async () => {
  const { clock, asked, spoil } = await start(1);
  spoil(new ProviderFault('sign_in_failed', 'no such user or password'));
  await clock.advance(12 * MINUTE);
  expect(await connection()).toMatchObject({ state: 'down', reason: { code: 'connection_blocked' } });
  const tried = asked.length;
  spoil(null);
  await clock.advance(30 * MINUTE);
  expect(asked).toHaveLength(tried);
});
