import { afterEach, expect, it } from '@jest/globals';
import type { Operation } from '@drover/contracts';
import { memoryMachineCatalog, ProviderFault, sleep, virtualClock, type MachineCatalog } from '@drover/ports';
import { ana, idOf, machine, none, openHouse, siteA, type HouseOptions } from '../../testing.js';

const MINUTE = 60_000;
let house: Awaited<ReturnType<typeof openHouse>>;
afterEach(() => house.close());

/** A house whose provider lists as the test says; its watch shows nothing but that it is there. */
type Listing = (machines: ReturnType<typeof memoryMachineCatalog>) => MachineCatalog['list'];
const open = async (list: Listing, more: HouseOptions = {}) => {
  const clock = more.clock ?? virtualClock();
  const machines = memoryMachineCatalog(() => clock.now());
  const catalog = { ...machines, list: list(machines) };
  house = await openHouse({ ...more, clock, catalog });
  return { machines, clock };
};
const refresh = async () => {
  const answer = await house.inventory.refreshConnection({ id: siteA.id }, ana());
  if ('rejected' in answer) throw new Error(answer.because);
  return answer.operation;
};
const operation = async ({ id }: Operation) => house.inventory.getOperation({ id }, ana());
const fails = (code: 'provider_unreachable' | 'provider_error' | 'sign_in_failed', detail: string) => () =>
  async function* () {
    yield none;
    throw new ProviderFault(code, detail);
  };
/** A refresh of a provider that shows nothing, where a machine is known. */
const showsNothing = async () => {
  const { clock, machines } = await open(
    () =>
      async function* () {
        yield none;
      },
  );
  await house.start();
  machines.put(machine(1, clock.now()));
  await clock.advance(1000);
  const asked = await refresh();
  await clock.advance(10);
  return { clock, asked };
};

it('lists what the session did not show, and says what it found', async () => {
  const { clock, machines } = await open(({ list }) => list);
  await house.start();
  machines.put(machine(1, clock.now()));
  await clock.advance(1000);
  const asked = await refresh();
  expect(asked).toMatchObject({
    id: 'inventory.connection-site-a.1',
    kind: 'connection.refresh',
    state: 'running',
    requestedBy: 'ana',
  });
  await clock.advance(10);
  expect(await operation(asked)).toMatchObject({
    state: 'succeeded',
    result: { outcome: 'completed', seen: 1, added: 0, changed: 0, missing: 0, complete: true },
    ...{ phase: null, error: null, nextActions: [] },
    target: { type: 'connection', id: 'site-a', name: 'Site A' },
  });
  expect(await refresh()).toMatchObject({ id: 'inventory.connection-site-a.2' });
});

it('finds what a session lost silently', async () => {
  const { clock, machines } = await open(({ list }) => list);
  await house.start();
  for (const n of [1, 2]) machines.put(machine(n, clock.now()));
  await clock.advance(1000);
  machines.remove(machine(1, clock.now()).key, true);
  const asked = await refresh();
  await clock.advance(10);
  expect(await operation(asked)).toMatchObject({ state: 'succeeded', result: { seen: 1, missing: 1 } });
  expect((await house.facts()).map(({ stream, type }) => `${stream} ${type}`)).toContain(`vm-${idOf(1)} VmWentMissing`);
});

it('answers a second request with the refresh that runs', async () => {
  const { clock } = await open(
    () =>
      async function* (_target, signal) {
        await sleep(clock, MINUTE, signal);
        yield none;
      },
  );
  await house.start();
  const first = await refresh();
  await clock.advance(1000);
  expect(await refresh()).toEqual(first);
  await clock.advance(2 * MINUTE);
  expect(await operation(first)).toMatchObject({ state: 'succeeded' });
});

it('ends with the fault of the provider', async () => {
  await open(fails('provider_unreachable', 'connection refused'));
  await house.start();
  const asked = await refresh();
  await house.clock.advance(10);
  expect(await operation(asked)).toMatchObject({
    error: { code: 'provider_unreachable', detail: 'connection refused' },
    ...{ state: 'failed', nextActions: ['run-again'] },
  });
});

it('K8: a refresh that was asked for and fails shows in the connection until a listing succeeds', async () => {
  await open(fails('provider_error', 'it says no'));
  await house.start();
  await refresh();
  await house.clock.advance(10);
  const connection = () => house.inventory.getConnection({ id: siteA.id }, ana());
  expect(await connection()).toMatchObject({
    state: 'degraded',
    reason: { code: 'provider_error', detail: 'it says no' },
  });
  await house.clock.advance(12 * MINUTE);
  expect(await connection()).toMatchObject({ state: 'up', reason: null });
});

it.each([
  ['breaks', 'connection refused'],
  ['times out', 'no answer within 5 s'],
])('K8: a refresh that %s shows as long, though the provider answers everything else', async (_, detail) => {
  await open(fails('provider_unreachable', detail));
  await house.start();
  await refresh();
  await house.clock.advance(10);
  const connection = () => house.inventory.getConnection({ id: siteA.id }, ana());
  const failed = { state: 'degraded', reason: { code: 'provider_unreachable', detail } };
  expect(await connection()).toMatchObject(failed);
  await house.clock.advance(30_000);
  expect(await connection()).toMatchObject(failed);
  const question = house.contact.asked(siteA.id);
  await house.clock.advance(21_000);
  expect(await connection()).toMatchObject({ state: 'down', reason: { detail: 'The provider does not answer.' } });
  question.answered();
  await house.clock.advance(1);
  expect(await connection()).toMatchObject(failed);
  await house.clock.advance(12 * MINUTE);
  expect(await connection()).toMatchObject({ state: 'up', reason: null });
});

it('K8: a provider that showed nothing is told so again after a silence', async () => {
  const { clock } = await showsNothing();
  const question = house.contact.asked(siteA.id);
  await clock.advance(21_000);
  question.answered();
  await clock.advance(1);
  const shown = await house.inventory.getConnection({ id: siteA.id }, ana());
  expect(shown).toMatchObject({
    state: 'degraded',
    reason: { code: 'nothing_found', detail: expect.stringContaining('shows nothing') },
  });
});

it('a sign-in that is refused during a refresh blocks the connection', async () => {
  await open(fails('sign_in_failed', 'wrong password'));
  await house.start();
  const asked = await refresh();
  await house.clock.advance(10);
  expect(await operation(asked)).toMatchObject({ state: 'failed', error: { code: 'sign_in_failed' } });
  expect(await house.inventory.getConnection({ id: siteA.id }, ana())).toMatchObject({ signIn: { blocked: true } });
  expect(await house.facts()).toContainEqual(
    expect.objectContaining({ type: 'ConnectionSignInFailed', service: 'inventory' }),
  );
  await house.clock.advance(60 * MINUTE);
  expect(await house.inventory.refreshConnection({ id: siteA.id }, ana())).toMatchObject({
    rejected: 'connection_blocked',
  });
});

/** A provider that lists nothing before an hour has passed, until it is told to go on. */
const slow = async () => {
  const hangs = { still: true };
  const opened = await open(
    ({ list }) =>
      async function* (target, signal) {
        if (hangs.still) await sleep(house.clock, 60 * MINUTE, signal);
        yield* list(target, signal);
      },
  );
  await house.start();
  return { ...opened, hangs };
};

it.each([0, 1, -1, 24, -24])('K4: a refresh takes the time it was given after a jump of %d hours', async (hours) => {
  const { clock } = await slow();
  const asked = await refresh();
  clock.jump(hours * 60 * MINUTE);
  await clock.advance(9 * MINUTE);
  expect(await operation(asked)).toMatchObject({ state: 'running' });
  await clock.advance(2 * MINUTE);
  expect(await operation(asked)).toMatchObject({ state: 'expired', error: { code: 'operation_timed_out' } });
});

it.each([1, -1, 24, -24])('K4: found by the next process after a jump of %d hours it is tried', async (hours) => {
  const { clock, machines, hangs } = await slow();
  const asked = await refresh();
  await clock.advance(1000);
  await house.close();
  clock.jump(hours * 60 * MINUTE);
  hangs.still = false;
  const { eventStore } = house;
  house = await openHouse({ clock, eventStore, catalog: machines });
  await house.start();
  expect(await operation(asked)).toMatchObject({ state: 'succeeded' });
});

it('a refresh that its process did not live to see is finished by the next one', async () => {
  const { clock, machines } = await slow();
  const asked = await refresh();
  await clock.advance(1000);
  await house.close();
  const { eventStore } = house;
  house = await openHouse({ clock, eventStore, catalog: machines });
  expect(await operation(asked)).toMatchObject({ state: 'running' });
  await house.start();
  expect(await operation(asked)).toMatchObject({ state: 'succeeded' });
});

it('does not believe a provider that shows nothing, and says so', async () => {
  const { asked } = await showsNothing();
  expect(await operation(asked)).toMatchObject({
    result: { outcome: 'completed_with_errors', seen: 0, complete: false },
    ...{ state: 'failed', error: { code: 'nothing_found' } },
  });
});
