import { afterEach, expect, it } from '@jest/globals';
import { Instant } from '@drover/kernel';
import { leasesOn, memoryLeaseStore } from '@drover/ports';
import { disks, furnished, granted, house, houses, NOON, viewer, vmId, type GatewayHouse } from '../../testing.js';

const { started, end } = houses();
afterEach(async () => expect(await end()).toEqual([]));

const settled = async <Value>(work: Promise<Value>, clock: GatewayHouse['clock']): Promise<Value> => {
  let done = false;
  void work.then(() => (done = true));
  for (let n = 0; n < 300 && !done; n++) await clock.advance(100);
  return work;
};

/** Processes on the same stores, each with views of the shape that it is given. */
const stores = () => {
  const on = disks();
  const store = memoryLeaseStore();
  let processes = 0;
  let held: Promise<void> = Promise.resolve();
  const journal = {
    /** What was trimmed takes its time to be read, until it is released. */
    holdUp: () => {
      let release = () => {};
      held = new Promise((done) => (release = done));
      return { release };
    },
  };
  const dead = new Set<string>();
  const boot = (shape: string, name = `${shape}-${++processes}`) => {
    const reach = <Answer>(answer: () => Promise<Answer>) => {
      if (dead.has(name)) throw new Error('a dead process reaches nothing');
      return answer();
    };
    const reached = {
      read: async (lease: string) => reach(() => store.read(lease)),
      replace: async (...swap: Parameters<typeof store.replace>) => reach(() => store.replace(...swap)),
    };
    const leases = leasesOn({ clock: on.clock, store: reached, holder: name, report: () => {} });
    const views = on.views.reshaped(shape);
    const handle = on.journal.handle();
    const trimmed: typeof handle.trimmed = (after) => held.then(() => handle.trimmed(after));
    return started({ leases }, { ...on, views, journal: { ...handle, trimmed } });
  };
  return { on, boot, journal, kill: (name: string) => dead.add(name) };
};

/** The cursor of the end. */
const endOf = async ({ gateway }: GatewayHouse) =>
  granted(await gateway.listEvents({ wait: 0, limit: 1_000 }, viewer)).position ?? '';

/** A process that wrote a journal and trimmed it, and cursors of before and after that. */
const trimmed = async () => {
  const all = stores();
  const old = await furnished(await all.boot('old'));
  const early = await endOf(old);
  await old.tell.edited(1, { a: 'b' });
  await old.tell.observed(4, 'poweredOff');
  await old.settled();
  await all.on.journal.trim(Instant.plusSeconds(NOON, 3600), 3);
  await all.on.clock.advance(1_000);
  expect(await old.journal.state()).toMatchObject({ generation: 'k1', head: 12, floor: 9 });
  return { ...all, old, early };
};

/** Everything that a reader of views is answered, but for when it was told. */
const answers = async ({ gateway }: GatewayHouse) => {
  const ask = async (work: Promise<unknown>) => granted(await work);
  const vms = [1, 2, 3, 4, 5].map(vmId);
  const told = [
    await ask(gateway.listVms({ limit: 9, sort: 'name' }, viewer)),
    await ask(gateway.getFleet({}, viewer)),
    await ask(gateway.listOperations({ limit: 9 }, viewer)),
    await ask(gateway.listEvents({ wait: 0, limit: 9 }, viewer)),
    ...(await Promise.all(vms.map((id) => ask(gateway.getVmHistory({ id, limit: 20 }, viewer))))),
    ...(await Promise.all(vms.map((id) => ask(gateway.getVm({ id }, viewer))))),
    ...(await Promise.all(vms.map((id) => ask(gateway.getVm({ id, at: NOON }, viewer))))),
  ];
  const timeless = (key: string, value: unknown) => (key === 'asOf' || key === 'tag' ? undefined : value);
  return JSON.parse(JSON.stringify(told, timeless)) as unknown[];
};

it('views of a new shape are built beside the old ones of a trimmed journal, and both processes answer the same', async () => {
  const { old, boot, on } = await trimmed();
  const before = await answers(old);
  const young = await settled(boot('new'), on.clock);
  expect(await answers(young)).toEqual(before);
  expect(await answers(old)).toEqual(before);
  expect(await young.journal.state()).toMatchObject({ generation: 'k1', runs: [{ name: 'r1' }] });
});

it('every cursor that was given before is good at both', async () => {
  const { old, early, boot, on } = await trimmed();
  const late = await endOf(old);
  const young = await settled(boot('new'), on.clock);
  await old.tell.edited(2, { c: 'd' });
  await old.settled();
  await on.clock.advance(1_000);
  for (const each of [old, young])
    for (const [cursor, count] of [
      [early, 3],
      [late, 1],
    ] as const) {
      const client = await each.connect({ lastEventId: cursor });
      expect([client.named('reset'), client.ids().length]).toEqual([[], count]);
      const events = granted(await each.gateway.listEvents({ after: cursor, wait: 0, limit: 9 }, viewer));
      expect(events.items).toHaveLength(count);
    }
});

it('goes on telling at the new one what the old one writes, and the other way round once the old one is gone', async () => {
  const { old, boot, on } = await trimmed();
  const young = await settled(boot('new'), on.clock);
  const client = await young.connect({});
  await old.tell.observed(5, 'poweredOff');
  await old.settled();
  await on.clock.advance(1_000);
  expect(client.ids()).toHaveLength(1);
  expect(granted(await young.gateway.getVm({ id: vmId(5) }, viewer)).power.state).toBe('poweredOff');

  await old.stopAll();
  await on.clock.advance(15_000);
  await young.tell.edited(1, { a: 'c' });
  await settled(young.settled(), on.clock);
  expect((await young.journal.state()).runs).toHaveLength(2);
  const back = await settled(boot('old'), on.clock);
  expect(await answers(back)).toEqual(await answers(young));
  await young.tell.edited(1, { a: 'd' });
  await young.settled();
  await on.clock.advance(1_000);
  expect(granted(await back.gateway.getVm({ id: vmId(1) }, viewer)).labels).toMatchObject({ a: 'd' });
});

it('of two processes of the new shape one builds, and the other one goes on when that one is gone', async () => {
  const { old, boot, on } = await trimmed();
  const one = await settled(boot('new'), on.clock);
  const two = await settled(boot('new'), on.clock);
  await one.stopAll();
  await old.tell.observed(5, 'poweredOff');
  await old.settled();
  await on.clock.advance(5_000);
  expect(await answers(two)).toEqual(await answers(old));
  await old.stopAll();
  await two.tell.observed(5, 'poweredOn');
  await settled(two.settled(), on.clock);
  expect((await two.journal.state()).runs).toHaveLength(2);
  expect(granted(await two.gateway.getVm({ id: vmId(5) }, viewer)).power.state).toBe('poweredOn');
});

it('writes no journal before its views are there', async () => {
  const { old, boot, on, journal } = await trimmed();
  await old.stopAll();
  const slow = journal.holdUp();
  const young = boot('new');
  await on.clock.advance(20_000);
  const keeper = await settled(boot('old'), on.clock); // one that follows may have taken over long ago
  await keeper.tell.edited(1, { a: 'e' });
  await settled(keeper.settled(), on.clock);
  expect((await keeper.journal.state()).runs).toHaveLength(2);
  slow.release();
  const ready = await settled(young, on.clock);
  expect(await answers(ready)).toEqual(await answers(keeper));
});

it('says how far views are, of what the journal held at the start', async () => {
  const { old, on } = await trimmed();
  await old.stopAll();
  const young = await house({}, { ...on, views: on.views.reshaped('new') }, true);
  young.flows.add(young.gateway.flow);
  const { shift } = young.gateway.flow;
  expect(shift?.catchUp()).toEqual({ done: 0, of: 12 });
  const started = young.flows.start();
  expect(young.flows.catchUp()).toEqual({ done: 0, of: 12 });
  await started;
  expect([shift?.catchUp(), young.flows.catchUp()]).toEqual([{ done: 12, of: 12 }, null]);
  await young.stopAll();
});

it('lists no operation in views of a new shape that those of the old one have forgotten', async () => {
  const { old, boot, on } = await trimmed();
  await old.tell.off(1);
  await old.tell.isOff(1);
  await old.settled();
  const listed = async ({ gateway }: GatewayHouse) =>
    granted(await gateway.listOperations({ limit: 9 }, viewer)).items.length;
  expect(await listed(old)).toBe(1);
  await old.stopAll();
  await on.clock.advance(31 * 24 * 3_600_000);
  const again = await settled(boot('old'), on.clock);
  const young = await settled(boot('new'), on.clock);
  expect([await listed(again), await listed(young)]).toEqual([0, 0]);
});

it('a process that falls silent is followed after one lease, though it held two', async () => {
  const { old, boot, on, kill } = await trimmed();
  const young = await settled(boot('old'), on.clock);
  kill('old-1');
  await on.clock.advance(15_000); // ten of the lease, three until it is asked for again, and the look
  expect((await young.journal.state()).runs).toHaveLength(2);
  expect(old.reports.splice(0)).not.toEqual([]); // it cannot renew
});

it('says nothing of views that another process still builds as if they had been told', async () => {
  const { old, on } = await trimmed();
  await old.stopAll();
  const views = on.views.reshaped('new');
  const [builder, follower] = [await house({}, { ...on, views }, true), await house({}, { ...on, views }, true)];
  const asOf = async () => granted(await follower.gateway.listVms({ limit: 1, sort: 'name' }, viewer)).page?.asOf;
  for (const service of ['inventory', 'power', 'gateway'] as const)
    follower.gateway.flow.consumers[0]?.heads?.(service, await on.journal.checkpoint(service), null);
  await follower.gateway.flow.shift?.follow();
  expect(((await asOf()) ?? NOON) < NOON).toBe(true);
  builder.flows.add(builder.gateway.flow);
  await builder.flows.start();
  await follower.gateway.flow.shift?.follow();
  expect(await asOf()).toBe(on.clock.now());
  for (const each of [builder, follower]) await each.stopAll();
});
