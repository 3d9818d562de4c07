import { afterEach, expect, it, jest } from '@jest/globals';
import { FactId } from '@drover/kernel';
import { leasesOn, memoryLeaseStore } from '@drover/ports';
import { disks, furnished, granted, house, houses, viewer, vmId, type GatewayHouse } from '../../testing.js';
import { vmsProjection } from '../fleet/vms.projection.js';

const { started, end } = houses();
afterEach(async () => {
  jest.restoreAllMocks();
  expect(await end()).toEqual([]);
});

/** Two gateways on the same stores; the first one writes. */
const two = async () => {
  const on = disks();
  const store = memoryLeaseStore();
  const leases = (holder: string) => leasesOn({ clock: on.clock, store, holder, report: () => {} });
  const one = await furnished(await started({ leases: leases('one') }, on));
  const other = await settled(started({ leases: leases('two') }, { ...on, journal: on.journal.handle() }), on.clock);
  return { one, other, on };
};
const settled = async <Value>(work: Promise<Value>, clock: GatewayHouse['clock']): Promise<Value> => {
  let done = false;
  void work.then(() => (done = true));
  for (let n = 0; n < 200 && !done; n++) await clock.advance(100);
  return work;
};
const list = async (here: GatewayHouse, cursor?: string) => {
  const answer = granted(
    await here.gateway.listVms({ limit: 2, sort: 'name', ...(cursor !== undefined && { cursor }) }, viewer),
  );
  if (!answer.page) throw new Error('not modified');
  return answer.page;
};
/** The view of machines cannot take that a machine is off. */
const unable = () => {
  const { evolve } = vmsProjection;
  return jest.spyOn(vmsProjection, 'evolve').mockImplementation((row, entry) => {
    if (entry.event.subject === `vm/${vmId(3)}` && entry.type.includes('vm-power-observed')) throw new TypeError('no');
    return evolve(row, entry);
  });
};
const tagged = async ({ gateway }: GatewayHouse) =>
  granted(await gateway.listVms({ limit: 9, sort: 'name' }, viewer)).etag;
const names = ({ items }: { items: readonly { readonly name?: string }[] }) => items.map(({ name }) => name);

it('both show the same, under the same places, and a list that one began is read on at the other', async () => {
  const { one, other } = await two();
  const [here, there] = [await list(one), await list(other)];
  expect([there.position, names(there)]).toEqual([here.position, names(here)]);
  expect(names(await list(other, here.next ?? ''))).toEqual(['vm-3', 'vm-4']);
  const [mine, theirs] = [
    await one.gateway.getVmHistory({ id: vmId(1), limit: 9 }, viewer),
    await other.gateway.getVmHistory({ id: vmId(1), limit: 9 }, viewer),
  ];
  expect(granted(theirs)).toEqual(granted(mine));
});

it('a stream at the follower tells what the writer took, within a second, and shows a view that has it', async () => {
  const { one, other, on } = await two();
  const client = await other.connect({});
  await one.tell.observed(4, 'poweredOff');
  await one.settled();
  await on.clock.advance(1_000);
  expect(client.ids().at(-1)).toBe((await list(one)).position);
  expect(granted(await other.gateway.getVm({ id: vmId(4) }, viewer)).power.state).toBe('poweredOff');
});

it('a client goes from one to the other with its cursor and misses nothing, also when the writer is gone', async () => {
  const { one, other, on } = await two();
  const begun = await one.connect({});
  await one.tell.observed(3, 'poweredOff');
  await one.settled();
  const cursor = begun.ids().at(-1) ?? '';
  await one.tell.edited(1, { a: 'b' });
  await one.settled();
  await on.clock.advance(1_000);
  expect((await other.connect({ lastEventId: cursor })).ids()).toHaveLength(1);

  await one.stopAll();
  await other.tell.edited(1, { a: 'c' });
  await settled(other.settled(), on.clock);
  await on.clock.advance(5_000);
  const resumed = await other.connect({ lastEventId: cursor });
  expect(resumed.named('reset')).toEqual([]);
  expect(resumed.ids()).toHaveLength(2);
  expect(granted(await other.gateway.getVm({ id: vmId(1) }, viewer)).labels).toMatchObject({ a: 'c' });
  expect((await other.journal.state()).runs).toHaveLength(2);
});

it('a client that goes to a gateway which does not show its place yet waits there for it, and is not reset', async () => {
  const { one, other, on } = await two();
  const begun = await one.connect({});
  await one.tell.observed(3, 'poweredOff');
  await one.settled(); // the other one has not followed yet
  const lastEventId = begun.ids().at(-1) ?? '';
  const moved = await settled(other.connect({ lastEventId, on_gap: 'reset' }), on.clock);
  const page = await settled(other.gateway.listEvents({ after: lastEventId, wait: 0, limit: 9 }, viewer), on.clock);
  expect([moved.named('reset'), moved.ids(), granted(page).items]).toEqual([[], [], []]);
  await one.tell.observed(3, 'poweredOn');
  await one.settled();
  await on.clock.advance(1_000);
  expect(moved.ids()).toEqual([begun.ids().at(-1)]);
});

it('begins anew where another writer has begun though it holds the lease, and loses nothing', async () => {
  const { one, other, on } = await two();
  await on.journal.handle().begin(); // by one that was slow, and is gone
  await one.tell.edited(1, { a: 'z' });
  await on.clock.advance(20_000);
  expect((await on.journal.state()).runs).toHaveLength(3);
  for (const each of [one, other])
    expect(granted(await each.gateway.getVm({ id: vmId(1) }, viewer)).labels).toMatchObject({ a: 'z' });
  expect(one.reports.splice(0)).toEqual([expect.stringContaining('JournalMoved')]);
});

it('reads on from where another process has left its views', async () => {
  const on = disks();
  const one = await furnished(await started({}, on));
  const other = await house({}, on, true); // it had the lease for a moment
  const last = (await on.journal.read(0, 1_000)).at(-1)?.event;
  if (!last) throw new Error('the journal is empty');
  const again = { service: 'inventory', events: [{ ...last, id: FactId.create() }], upTo: 1 } as const;
  await on.journal.append(again);
  await other.gateway.flow.shift?.keepUp(() => true);
  await one.tell.edited(1, { a: 'z' });
  await one.settled();
  expect(granted(await one.gateway.getVm({ id: vmId(1) }, viewer)).labels).toMatchObject({ a: 'z' });
});

it('drops no views that another process has built since it looked, nor without their lease', async () => {
  const on = disks();
  const old = await furnished(await started({}, { ...on, views: on.views.reshaped('old') }));
  await old.stopAll();
  const builder = await house({}, on, true);
  let meanwhile: () => Promise<unknown> = async () => {};
  let looks = false;
  const open: typeof on.views.open = async (...of) => {
    const group = await on.views.open(...of);
    return {
      ...group,
      revision: async () => ((looks = true), group.revision()),
      checkpoint: async (source) => {
        const at = await group.checkpoint(source);
        if (looks && at === 0) await meanwhile();
        return at;
      },
    };
  };
  const late = await house({}, { ...on, views: { ...on.views, open } }, true);
  const { shift } = late.gateway.flow;
  expect(await shift?.keepUp(() => false)).toBe(false);
  looks = false;
  meanwhile = async () => builder.gateway.flow.shift?.keepUp(() => true);
  expect(await shift?.keepUp(() => true)).toBe(false);
  expect(granted(await builder.gateway.getVm({ id: vmId(1) }, viewer)).name).toBe('vm-1');
  meanwhile = async () => {};
  expect(await shift?.keepUp(() => true)).toBe(true);
});

it('what the writer parks and takes after all is news at the follower, and both give lists the same tag', async () => {
  const { one, other, on } = await two();
  const tags = async () => Promise.all([one, other].map((each) => tagged(each)));
  const [before] = await tags();
  const broken = unable();
  await one.tell.observed(3, 'poweredOff');
  await one.settled();
  await on.clock.advance(60_000);
  expect(granted(await other.gateway.getVm({ id: vmId(3) }, viewer))).toMatchObject({ staleReason: 'parked' });
  const parked = await tags();
  expect([parked[0] === parked[1], parked[0] === before]).toEqual([true, false]);
  broken.mockRestore();
  const [letter] = await one.flows.deadLetters.list();
  await one.flows.deadLetters.replay(letter?.id ?? '');
  await on.clock.advance(1_000);
  const taken = await tags();
  expect([taken[0] === taken[1], taken[0] === parked[0]]).toEqual([true, false]);
  expect(granted(await other.gateway.getVm({ id: vmId(3) }, viewer)).power.state).toBe('poweredOff');
  expect(one.reports.splice(0)).not.toEqual([]); // that it was parked
});

it('shows no place without what is parked there: a list that lacks an event is news once that was taken after all', async () => {
  const on = disks();
  const one = await furnished(await started({}, on));
  let meanwhile: (() => Promise<unknown>) | null = null;
  const open: typeof on.views.open = async (...of) => {
    const group = await on.views.open(...of);
    return {
      ...group,
      checkpoint: async (source) => {
        const work = meanwhile;
        meanwhile = null;
        await work?.();
        return group.checkpoint(source);
      },
    };
  };
  const other = await house({}, { ...on, journal: on.journal.handle(), views: { ...on.views, open } }, true);
  const follow = async () => other.gateway.flow.shift?.follow();
  await follow();
  const broken = unable();
  meanwhile = async () => {
    await one.tell.observed(3, 'poweredOff');
    await one.settled();
  };
  await follow(); // the writer parks it once this one has begun to look
  const lacking = await tagged(other);
  expect(granted(await other.gateway.getVm({ id: vmId(3) }, viewer))).toMatchObject({ staleReason: 'parked' });
  broken.mockRestore();
  await on.clock.advance(1_000);
  await follow();
  expect(granted(await other.gateway.getVm({ id: vmId(3) }, viewer)).power.state).toBe('poweredOff');
  expect(await tagged(other)).not.toBe(lacking);
  expect(one.reports.splice(0)).not.toEqual([]); // that it was parked
});
