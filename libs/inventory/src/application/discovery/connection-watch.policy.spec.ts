import { afterEach, expect, it } from '@jest/globals';
import { Instant, type VmId } from '@drover/kernel';
import { memoryMachineCatalog, ProviderFault, virtualClock, type MachineCatalog } from '@drover/ports';
import { ana, idOf, machine, openHouse, siteA, type HouseOptions } from '../../testing.js';

const MINUTE = 60_000;
let house: Awaited<ReturnType<typeof openHouse>>;
const opened: (typeof house)[] = [];
const open = async (opening: HouseOptions = {}) => {
  house = await openHouse(opening);
  opened.push(house);
  return house;
};
afterEach(async () => {
  for (const each of opened.splice(0)) await each.close();
});

const now = () => house.clock.now();
const put = (n: number, more: Parameters<typeof machine>[2] = {}) => house.machines.put(machine(n, now(), more));
const typesOf = async (vmId: VmId) =>
  (await house.facts()).filter(({ stream }) => stream === `vm-${vmId}`).map(({ type }) => type);
const connection = async () => {
  const answer = await house.inventory.getConnection({ id: siteA.id }, ana());
  if ('rejected' in answer) throw new Error(answer.because);
  return answer;
};
const lost = (detail = 'gone') => new ProviderFault('provider_unreachable', detail);

it('knows what is configured as soon as it has started: a machine of it can be registered', async () => {
  await open();
  await house.flows.start();
  expect(await connection()).toMatchObject({ id: siteA.id });
  const asked = { name: 'by-hand', connectionId: siteA.id, aliases: [], groupIds: [] };
  expect(await house.inventory.registerVm(asked, ana())).not.toHaveProperty('rejected');
});

it('records the connection, lists it, and sees every change as it happens', async () => {
  await open();
  put(1);
  put(2);
  await house.start();
  expect(await connection()).toMatchObject({
    state: 'up',
    reason: null,
    discovery: { state: 'complete', seen: 2 },
    revision: 1,
  });
  expect(await typesOf(idOf(1))).toEqual(['VmDiscovered', 'VmPowerObserved']);
  await house.clock.advance(1000);
  put(1, { power: 'poweredOff' });
  await house.clock.advance(1);
  expect(await typesOf(idOf(1))).toEqual(['VmDiscovered', 'VmPowerObserved', 'VmPowerObserved']);
});

it('opens one session, however often it is nudged', async () => {
  let sessions = 0;
  const clock = virtualClock();
  const machines = memoryMachineCatalog(() => clock.now());
  const watch: MachineCatalog['watch'] = (...given) => (sessions++, machines.watch(...given));
  await open({ clock, catalog: { ...machines, watch } });
  await house.start();
  for (let i = 0; i < 10; i++) house.jobs.nudge('connection-watch', siteA.id);
  await clock.advance(5 * MINUTE);
  expect(sessions).toBe(1);
});

it('T-PRV-1: a break changes the connection only, and nothing is lost or invented when it is back', async () => {
  await open();
  put(1);
  put(2);
  await house.start();
  const before = await Promise.all([1, 2].map((n) => typesOf(idOf(n))));
  for (let i = 0; i < 60; i++) {
    house.machines.fail(lost());
    await house.clock.advance(5000);
    expect(await connection()).toMatchObject({
      state: 'degraded', // nobody was silent for long
      reason: { code: 'provider_unreachable', detail: 'gone' },
    });
    house.machines.fail(null);
    await house.clock.advance(5000);
    expect(await connection()).toMatchObject({ state: 'up', reason: null });
  }
  expect(await Promise.all([1, 2].map((n) => typesOf(idOf(n))))).toEqual(before);
  const turns = (await house.facts()).filter(({ type }) => type === 'ConnectionStateChanged');
  expect(turns).toHaveLength(1 + 2 * 60); // one each way, however often it was tried
});

it('T-PRV-1: a session that stood for long and breaks is degraded, and down after a minute without a listing', async () => {
  await open();
  put(1);
  await house.start();
  await house.clock.advance(30 * MINUTE); // nothing changes there, so nothing is listed
  house.machines.fail(lost());
  await house.clock.advance(1);
  expect(await connection()).toMatchObject({ state: 'degraded', reason: { code: 'provider_unreachable' } });
  await house.clock.advance(MINUTE / 2);
  expect((await connection()).state).toBe('degraded');
  await house.clock.advance(2 * MINUTE);
  expect((await connection()).state).toBe('down');
});

it('sees after a break what happened during it', async () => {
  await open();
  put(1);
  await house.start();
  house.machines.fail(lost());
  await house.clock.advance(1000);
  put(1, { power: 'poweredOff' });
  put(3);
  house.machines.fail(null);
  await house.clock.advance(2000);
  expect((await house.shown.after(idOf(1), 0))?.power.state).toBe('poweredOff');
  expect(await typesOf(idOf(3))).toEqual(['VmDiscovered', 'VmPowerObserved']);
});

it('tries again later and later, half a minute apart at most', async () => {
  const tries: number[] = [];
  const clock = virtualClock();
  const machines = memoryMachineCatalog(() => clock.now());
  const watch: MachineCatalog['watch'] = (...given) => (tries.push(clock.monotonic()), machines.watch(...given));
  machines.fail(new ProviderFault('certificate_refused', 'another certificate'));
  await open({ clock, catalog: { ...machines, watch } });
  await house.start();
  await clock.advance(5 * MINUTE);
  const pauses = tries.slice(1).map((at, i) => at - (tries[i] ?? 0));
  expect(pauses.slice(0, 9)).toEqual([200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000]);
  expect(Math.max(...pauses)).toBe(30_000);
  expect((await connection()).reason).toMatchObject({ code: 'certificate_refused', detail: 'another certificate' });
});

it('T-PRV-1: a wrong password is one sign-in, and none after it, until the connection is reset', async () => {
  let signIns = 0;
  const clock = virtualClock();
  const machines = memoryMachineCatalog(() => clock.now());
  const refuse = () => {
    signIns += 1;
    throw new ProviderFault('sign_in_failed', 'wrong password');
  };
  let right = false;
  const watch: MachineCatalog['watch'] = (...given) => (right ? machines.watch(...given) : refuse());
  await open({ clock, catalog: { ...machines, watch, list: refuse } });
  await house.start();
  await clock.advance(60 * MINUTE);
  expect(signIns).toBe(1);
  expect(await connection()).toMatchObject({
    ...{ state: 'down', reason: { code: 'connection_blocked' }, signIn: { blocked: true } },
  });
  expect(await house.inventory.refreshConnection({ id: siteA.id }, ana())).toMatchObject({
    rejected: 'connection_blocked',
  });
  expect(await house.inventory.testConnection({ id: siteA.id }, ana())).toMatchObject({
    rejected: 'connection_blocked',
  });

  // A restart does not try either: it is a fact.
  await house.close();
  await open({ clock, eventStore: house.eventStore, catalog: { ...machines, watch, list: refuse } });
  await house.start();
  await clock.advance(60 * MINUTE);
  expect(signIns).toBe(1);

  await house.inventory.resetConnection({ id: siteA.id }, ana());
  await clock.advance(1);
  expect(signIns).toBe(2);
  right = true;
  expect(await house.inventory.resetConnection({ id: siteA.id }, ana())).toMatchObject({
    revision: 3,
    signIn: { blocked: false },
  });
  await clock.advance(1);
  expect(await connection()).toMatchObject({ state: 'up', revision: 3 });
});

it('records at boot what changed in the file, and opens the session anew', async () => {
  await open();
  put(1);
  await house.start();
  await house.close();
  const moved = { ...siteA, url: 'https://vcenter-09.example.test/sdk' };
  const { clock, eventStore, machines } = house;
  await open({ clock, eventStore, catalog: machines, configured: [moved] });
  await house.start();
  expect(await connection()).toMatchObject({ url: moved.url, revision: 2, state: 'up' });
  await house.close();
  const written = (await house.facts()).length;
  await open({ clock, eventStore, catalog: machines, configured: [moved] });
  await house.start();
  const later = (await house.facts()).slice(written).map(({ type }) => type);
  expect(later).toEqual(['ConnectionRefreshed']); // no news of the file, none of the machines
});

it('leaves the machines of a connection that is no longer configured as they were', async () => {
  await open();
  put(1);
  await house.start();
  await house.close();
  const { clock, eventStore } = house;
  await open({ clock, eventStore, configured: [] });
  await house.start();
  await clock.advance(60 * MINUTE);
  expect(await connection()).toMatchObject({ state: 'down', reason: { code: 'not_configured' } });
  expect(await typesOf(idOf(1))).toEqual(['VmDiscovered', 'VmPowerObserved']);
  expect(await house.inventory.refreshConnection({ id: siteA.id }, ana())).toMatchObject({
    rejected: 'connection_blocked',
  });
});

it('does not try a connection whose secret cannot be read, and says why', async () => {
  const problem = 'The file /run/secrets/a cannot be read (ENOENT).';
  await open({ configured: [{ ...siteA, problem }] });
  await house.start();
  await house.clock.advance(MINUTE);
  expect(await connection()).toMatchObject({ state: 'down', reason: { code: 'secret_unusable', detail: problem } });
  expect((await house.facts()).map(({ type }) => type)).toEqual([
    ...['ConnectionAdded', 'ConnectionStateChanged', 'ConnectionsConfigured'],
  ]);
});

it('keeps a registered machine its id when its provider shows it under a name it was registered by', async () => {
  await open();
  await house.start();
  const moref = { source: siteA.id, kind: 'moref', value: 'vm-7' } as const;
  const registered = await house.inventory.registerVm(
    { name: 'expected', connectionId: siteA.id, aliases: [moref], groupIds: ['mine'] },
    ana('k1'),
  );
  const vmId = 'rejected' in registered ? idOf(9) : registered.vmId;
  await house.clock.advance(10);
  const shown = machine(7, now());
  put(7, { aliases: [...shown.aliases, moref] });
  await house.clock.advance(10);
  expect(await typesOf(vmId)).toEqual(['VmRegistered', 'VmDiscovered', 'VmPowerObserved']);
  expect(await house.shown.after(vmId, 0)).toMatchObject({ name: 'web-7', groupIds: ['mine'] });
  expect(await typesOf(idOf(7))).toEqual([]);
});

it('goes on when the store was full, and tells whoever keeps the queue', async () => {
  const clock = virtualClock();
  const { eventStore } = await openHouse({ clock });
  let full = false;
  const append: typeof eventStore.append = (draft) => {
    if (full && draft.stream.startsWith('vm-')) throw new Error('no space left');
    return eventStore.append(draft);
  };
  await open({ clock, eventStore: { ...eventStore, append: async (draft) => append(draft) } });
  await house.start();
  full = true;
  put(1);
  await clock.advance(15_000);
  expect(house.reported.join()).toContain('no space left');
  expect(await typesOf(idOf(1))).toEqual([]);
  full = false;
  await clock.advance(MINUTE);
  expect(await typesOf(idOf(1))).toEqual(['VmDiscovered', 'VmPowerObserved']);
});

it('ends its sessions with the process', async () => {
  await open();
  await house.start();
  await house.close();
  const written = (await house.facts()).length;
  put(1);
  await house.clock.advance(MINUTE);
  expect(await house.facts()).toHaveLength(written);
  expect(Instant.msBetween(Instant.parse('2026-01-01T00:00:00Z'), now())).toBeGreaterThan(0);
});
