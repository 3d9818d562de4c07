// An event that the journal has trimmed, and that cannot be parsed when views of a new shape need it.
import { afterEach, expect, it } from '@jest/globals';
import { Instant } from '@drover/kernel';
import { disks, furnished, granted, houses, NOON, viewer, vmId, type GatewayHouse } from '../../testing.js';
import { untellable } from '../testing.js';

const { started, end } = houses();
afterEach(async () => expect(await end()).toEqual([]));

const vm = async ({ gateway }: GatewayHouse, n: number) => granted(await gateway.getVm({ id: vmId(n) }, viewer));
/** What is told of a machine, each event at its place, whoever writes the journal by now. */
const history = async ({ gateway }: GatewayHouse, n: number) =>
  granted(await gateway.getVmHistory({ id: vmId(n), limit: 20 }, viewer)).items.map((event) => ({
    ...event,
    position: event.position?.split('.').at(-1),
  }));

/** A journal that was trimmed, and a process of another shape that cannot parse one event of it; what fixes it. */
const unparsed = async () => {
  const on = disks();
  const old = await furnished(await started({}, on));
  await old.tell.described(3, 'unheard-of');
  await old.tell.observed(3, 'poweredOff');
  await old.tell.observed(4, 'poweredOff');
  await old.settled();
  const before = await history(old, 3);
  await old.stopAll();
  await on.journal.trim(Instant.plusSeconds(NOON, 3600), 1);
  const name = untellable(on);
  name.breaks();
  const here = await started({}, { ...on, views: on.views.reshaped('new') });
  await here.settled();
  return { on, here, before, fix: name.mends };
};

it('is parked when it is its turn: what stood before it is shown, and what follows it waits', async () => {
  const { here, before } = await unparsed();
  expect(await vm(here, 3)).toMatchObject({ name: 'vm-3', staleReason: 'parked', power: { state: 'unknown' } });
  expect(await history(here, 3)).toEqual(before.slice(-1));
  expect(await here.flows.deadLetters.list()).toMatchObject([{ key: vmId(3), followers: 1 }]);
});

it('is taken at its old place once it can be, and told to nobody a second time', async () => {
  const { on, here, before, fix } = await unparsed();
  const { head } = await on.journal.state();
  const me = await here.connect({});
  fix();
  const [letter] = await here.flows.deadLetters.list();
  expect(await here.flows.deadLetters.replay(letter?.id ?? '')).toEqual({ is: 'taken' });
  expect(await vm(here, 3)).toMatchObject({ name: 'unheard-of', stale: false, power: { state: 'poweredOff' } });
  expect(await history(here, 3)).toEqual(before);
  expect([(await on.journal.state()).head, me.ids()]).toEqual([head, []]);
});
