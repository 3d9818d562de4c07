import { expect, it } from '@jest/globals';
import {
  leasesOn,
  memoryEventStore,
  memoryLeaseStore,
  memoryMachineCatalog,
  memoryViewStore,
  soleLeases,
  virtualClock,
  type LeasesOptions,
  type MachineCatalog,
} from '@drover/ports';
import { openHouse, siteA } from '../../testing.js';

/** Two processes on the same stores and one provider, which counts who has a session with it. */
const two = async (leasesOf = leasesOn) => {
  const clock = virtualClock();
  const eventStore = memoryEventStore();
  const views = memoryViewStore(clock);
  const store = memoryLeaseStore();
  const machines = memoryMachineCatalog(() => clock.now());
  const sessions = new Set<string>();
  let most = 0;
  const open = async (name: string) => {
    const catalog: MachineCatalog = {
      ...machines,
      watch: async function* (target, signal) {
        sessions.add(name);
        most = Math.max(most, sessions.size);
        try {
          yield* machines.watch(target, signal);
        } finally {
          sessions.delete(name);
        }
      },
    };
    const leases = leasesOf({ clock, store, holder: name, report: () => {} });
    const house = await openHouse({ clock, eventStore, views, catalog, leases });
    const started = house.start();
    for (let n = 0; n < 100; n++) await clock.advance(100);
    await started;
    return { ...house, leases };
  };
  return { clock, sessions, most: () => most, one: await open('one'), other: await open('two') };
};

it('of two processes one has the session of a connection; the other takes it over when that one is gone', async () => {
  const { clock, sessions, most, one, other } = await two();
  await clock.advance(30_000);
  expect([[...sessions], most()]).toEqual([['one'], 1]);
  await one.close();
  await one.leases.close();
  await clock.advance(5_000);
  expect([[...sessions], most()]).toEqual([['two'], 1]);
  await other.close();
  expect([one.reported, other.reported]).toEqual([[], []]);
});

it('they have one each where each process takes every lease for free', async () => {
  const { clock, most, one, other } = await two(({ holder }: LeasesOptions) => soleLeases(holder));
  await clock.advance(30_000);
  expect(most()).toBe(2);
  for (const each of [one, other]) await each.close();
});

it('a refresh that is asked for at the process without the session is done by the one that has it', async () => {
  const { clock, one, other } = await two();
  const asked = await other.inventory.refreshConnection(
    { id: siteA.id },
    { sub: 'ana', rights: ['vm:operate'], requestId: 'r' },
  );
  expect(asked).toMatchObject({ operation: { state: 'running' } });
  await clock.advance(5_000);
  const id = 'operation' in asked ? asked.operation.id : null;
  const ended = id && (await one.inventory.getOperation({ id }, { sub: 'ana', rights: ['vm:read'], requestId: 'r' }));
  expect(ended).toMatchObject({ state: 'succeeded' });
  await one.close();
  await other.close();
});
