import { afterEach, expect, it } from '@jest/globals';
import { leasesOn, memoryLeaseStore } from '@drover/ports';
import { disks, furnished, granted, houses, viewer, vmId, type House } from '../../testing.js';

const { started, end } = houses();
afterEach(async () => expect(await end()).toEqual([]));

/** Two gateways on the same stores; the first one writes. */
const two = async () => {
  const on = disks();
  const store = memoryLeaseStore();
  const leases = (holder: string) => leasesOn({ clock: on.clock, store, holder, report: () => {} });
  const one = await furnished(await started({ leases: leases('one') }, on));
  const other = await settled(started({ leases: leases('two') }, { ...on, journal: on.journal.handle() }), on.clock);
  return { one, other, on };
};
const settled = async <Value>(work: Promise<Value>, clock: House['clock']): Promise<Value> => {
  let done = false;
  void work.then(() => (done = true));
  for (let n = 0; n < 200 && !done; n++) await clock.advance(100);
  return work;
};
const list = async (here: House, cursor?: string) => {
  const answer = granted(
    await here.gateway.listVms({ limit: 2, sort: 'name', ...(cursor !== undefined && { cursor }) }, viewer),
  );
  if (!answer.page) throw new Error('not modified');
  return answer.page;
};
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
