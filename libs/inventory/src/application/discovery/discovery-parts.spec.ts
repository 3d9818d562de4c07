// What a discovery counts, what is so at the moment, and whose words a connection keeps when a listing fails.
import { afterEach, expect, it } from '@jest/globals';
import type { Connection } from '@drover/contracts';
import { ConnectionId, reject } from '@drover/kernel';
import { memoryJobQueue, memoryMachineCatalog, ProviderFault, virtualClock } from '@drover/ports';
import { ana, idOf, machine, openHouse, siteA } from '../../testing.js';
import { count, discovery } from './discovery.js';
import { doubt, listingBegins, listingEnds, REFRESH } from './listing-schedule.js';
import { failDiscovery, targetOf } from './record-connection.js';
import { runtimeState } from './runtime-state.js';
import { timeLimit } from './provider-calls.js';
import type { DiscoveryPorts } from './discovery-ports.js';

const MINUTE = 60_000;
const { id } = siteA;
const other = ConnectionId.parse('site-b');
let house: Awaited<ReturnType<typeof openHouse>> | null = null;
afterEach(async () => {
  await house?.close();
  house = null;
});

it('counts each machine once, and what is new of it', async () => {
  const clock = virtualClock();
  await clock.advance(7);
  const found = discovery(clock);
  count(found, [
    { vmId: idOf(1), found: 'added' },
    { vmId: idOf(2), found: 'changed' },
  ]);
  count(found, [
    { vmId: idOf(2), found: 'same' },
    { vmId: idOf(3), found: 'late' },
  ]);
  expect(found).toMatchObject({ begin: 7, skipped: new Map() });
  expect([...found.seen]).toEqual([idOf(1), idOf(2), idOf(3)]);
  expect([[...found.added], [...found.changed]]).toEqual([[idOf(1)], [idOf(2)]]);
});

it('a time limit says why it ends what is still going on, and nothing once it was called off', async () => {
  const clock = virtualClock();
  const [kept, calledOff] = [timeLimit(clock, 5), timeLimit(clock, 5)];
  calledOff.callOff();
  await clock.advance(4);
  expect(kept.signal.aborted).toBe(false);
  await clock.advance(1);
  expect([kept.signal.reason, calledOff.signal.aborted]).toEqual([new Error('time is up'), false]);
});

it('lists a connection until the last of its listings has ended', () => {
  const now = runtimeState();
  listingBegins(now, id);
  listingBegins(now, id);
  listingBegins(now, other);
  listingEnds(now, id);
  expect([now.listing.get(id), now.listing.get(other)]).toEqual([1, 1]);
  listingEnds(now, id);
  expect(now.listing.get(id)).toBe(0);
});

it('a doubt has the connection listed once, a second later, and a listing that begins settles it', async () => {
  const [now, clock] = [runtimeState(), virtualClock()];
  const asked: [string, number][] = [];
  const jobs = memoryJobQueue(
    clock,
    () => {},
    () => 1,
  );
  jobs.work(REFRESH, async (key) => void asked.push([key, clock.monotonic()]));
  doubt({ runtime: now, jobs }, id);
  doubt({ runtime: now, jobs }, id);
  expect([...now.doubtful]).toEqual([id]);
  await clock.advance(999);
  expect(asked).toEqual([]);
  await clock.advance(MINUTE);
  expect(asked).toEqual([[id, 1000]]);
  now.doubtful.add(other);
  listingBegins(now, id);
  expect([...now.doubtful]).toEqual([other]);
});

it('an adapter is told how to reach a connection, and no more', () => {
  const { id: _, ...settings } = siteA;
  const refresh = { is: 'idle', op: 0 } as const;
  const known = {
    is: 'known',
    settings,
    revision: 3,
    state: 'up',
    code: null,
    refusal: null,
    trouble: null,
    refresh,
  } as const;
  expect(targetOf(id, known)).toEqual({
    ...{ id: 'site-a', kind: 'vsphere', url: 'https://vcenter-01.example.test/sdk', credentialRef: 'env:SITE_A' },
    ...{ tls: { mode: 'system', value: null }, allow: [], revision: 3 },
  });
});

/** A house whose listings fail as the test says, while its watch does as it likes. */
const start = async (n: number, refused = new ProviderFault('provider_error', 'it says no')) => {
  const clock = virtualClock();
  const machines = memoryMachineCatalog(() => clock.now());
  const list: typeof machines.list = async function* () {
    throw refused;
  };
  house = await openHouse({ clock, catalog: { ...machines, list } });
  const { inventory } = house;
  machines.put(machine(n, clock.now()));
  await house.start();
  const reason = async () => ((await inventory.getConnection({ id }, ana())) as Connection).reason;
  const refresh = async () => {
    await inventory.refreshConnection({ id }, ana());
    await clock.advance(10);
  };
  return { clock, machines, reason, refresh };
};

it('a listing that fails says so of a connection that is up', async () => {
  const { reason, refresh } = await start(1);
  await refresh();
  expect(await reason()).toMatchObject({ code: 'provider_error', detail: 'it says no' });
});

it.each(['provider_error', 'certificate_refused'] as const)(
  'a listing that fails does not speak for a connection that is down: it keeps its own words (%s)',
  async (code) => {
    const { clock, machines, reason, refresh } = await start(1, new ProviderFault(code, 'it says no'));
    machines.fail(new ProviderFault('certificate_refused', 'another certificate'));
    await clock.advance(10);
    await refresh();
    expect(await reason()).toMatchObject({ code: 'certificate_refused', detail: 'another certificate' });
  },
);

it('a listing that fails says nothing of a connection that nobody recorded', async () => {
  const [now, clock] = [runtimeState(), virtualClock()];
  const connections = { transact: async () => reject('not_found', 'There is no such connection.') };
  const ports = { connections, runtime: now, clock } as unknown as DiscoveryPorts;
  await failDiscovery(ports, id, { revision: 1, code: 'provider_error', detail: 'it says no' });
  expect(now.detail.size).toBe(0);
});

it('a listing that fails does not speak for a connection that shows nothing where machines were known', async () => {
  const { clock, machines, reason, refresh } = await start(1);
  machines.remove(machine(1, clock.now()).key, true);
  machines.fail(new ProviderFault('provider_unreachable', 'gone'));
  await clock.advance(10);
  machines.fail(null);
  await clock.advance(5000);
  const before = await reason();
  expect(before).toMatchObject({ code: 'nothing_found' });
  await refresh();
  expect(await reason()).toEqual(before);
});
