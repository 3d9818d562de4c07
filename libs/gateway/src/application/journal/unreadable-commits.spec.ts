// A commit that cannot be parsed has no entry in the journal: its letter is all that is left of it, for views of every shape.
import { afterEach, expect, it } from '@jest/globals';
import { Instant } from '@drover/kernel';
import { leasesOn, memoryLeaseStore } from '@drover/ports';
import { untellable, type Disks } from '../testing.js';
import { disks, furnished, granted, houses, NOON, viewer, vmId, type GatewayHouse } from '../../testing.js';

const { started, end } = houses();
afterEach(async () => void (await end()));

const vm = async ({ gateway }: GatewayHouse, n: number) => granted(await gateway.getVm({ id: vmId(n) }, viewer));
const letters = async ({ flows }: GatewayHouse) => flows.deadLetters.list();
const replayed = async (here: GatewayHouse) => here.flows.deadLetters.replay((await letters(here))[0]?.id ?? '');
const renamed = async ({ journal }: GatewayHouse) =>
  (await journal.read(0, 1_000)).filter(({ event }) => JSON.stringify(event).includes('"unheard-of"'));

/** One commit of inventory cannot be parsed; what fixes it. */
const breaking = (on: Disks) => {
  const { breaks, mends } = untellable(on);
  breaks();
  return mends;
};
/** A machine goes on after what cannot be parsed of it, and so does another one. */
const told = async ({ tell, flows }: GatewayHouse) => {
  await tell.described(3, 'unheard-of');
  await tell.observed(3, 'poweredOff');
  await tell.observed(4, 'poweredOff');
  await flows.caughtUp();
};
/** A house that could not parse one commit of a machine, which went on; what fixes it, and what begins another shape. */
const unparsed = async () => {
  const on = disks();
  const fix = breaking(on);
  const old = await furnished(await started({}, on));
  await told(old);
  expect(await letters(old)).toMatchObject([{ key: vmId(3), followers: 1 }]);
  const boot = (shape: string) => started({}, { ...on, views: on.views.reshaped(shape) });
  return { on, old, boot, fix };
};

it.each([['kept'], ['trimmed']])(
  'is listed by views of another shape of a journal that is %s, and replayed there it is told and shown once',
  async (how) => {
    const { on, old, boot, fix } = await unparsed();
    await old.stopAll();
    if (how === 'trimmed') await on.journal.trim(Instant.plusSeconds(NOON, 3600), 1);
    const young = await boot('new');
    const [letter] = await letters(young);
    expect(letter).toMatchObject({ key: vmId(3), followers: 1, error: { class: 'SyntaxError' } });
    expect(await vm(young, 3)).toMatchObject({ name: 'vm-3', staleReason: 'parked', power: { state: 'unknown' } });
    expect(await vm(young, 4)).toMatchObject({ stale: false, power: { state: 'poweredOff' } });
    const { head } = await on.journal.state();
    const me = await young.connect({});
    fix();
    expect(await replayed(young)).toEqual({ is: 'taken' });
    expect(await vm(young, 3)).toMatchObject({ name: 'unheard-of', stale: false, power: { state: 'poweredOff' } });
    expect([(await on.journal.state()).head, me.ids().length, (await renamed(young)).length]).toEqual([head + 1, 1, 1]);
    await young.stopAll();
    const third = await boot('third');
    expect([await letters(third), (await vm(third, 3)).name]).toEqual([[], 'unheard-of']);
  },
);

it('is parked by views of another shape that are there when it comes, and taken there once the other ones took it', async () => {
  const on = disks();
  const fix = breaking(on);
  const store = memoryLeaseStore();
  const boot = async (shape: string) => {
    const leases = leasesOn({ clock: on.clock, store, holder: shape, report: () => {} });
    const journal = on.journal.handle();
    const booting = started({ leases }, { ...on, views: on.views.reshaped(shape), journal });
    let here: GatewayHouse | null = null;
    void booting.then((house) => (here = house));
    for (let n = 0; n < 300 && !here; n++) await on.clock.advance(100);
    return booting;
  };
  const old = await furnished(await boot('old'));
  const young = await boot('new');
  await told(old);
  await on.clock.advance(1_000);
  for (const each of [old, young]) {
    expect(await letters(each)).toMatchObject([{ key: vmId(3), followers: 1 }]);
    expect(await vm(each, 3)).toMatchObject({ staleReason: 'parked', power: { state: 'unknown' } });
  }
  const me = await young.connect({});
  fix();
  expect(await replayed(old)).toEqual({ is: 'taken' });
  await on.clock.advance(1_000);
  for (const each of [old, young]) {
    expect(await letters(each)).toEqual([]);
    expect(await vm(each, 3)).toMatchObject({ name: 'unheard-of', stale: false, power: { state: 'poweredOff' } });
  }
  expect([me.ids().length, (await renamed(young)).length]).toEqual([1, 1]);
});

it('is not there any more for views of another shape once it was given up', async () => {
  const { old, boot } = await unparsed();
  await old.flows.deadLetters.discard((await letters(old))[0]?.id ?? '');
  await old.stopAll();
  const young = await boot('new');
  expect([await letters(young), await vm(young, 3)]).toMatchObject([[], { name: 'vm-3', stale: false }]);
});

it('is judged anew where the journal begins anew', async () => {
  const { old, fix } = await unparsed();
  fix();
  await old.rebuild();
  await old.tell.observed(5, 'poweredOff'); // what wakes the readers
  await old.clock.advance(60_000);
  await old.settled();
  expect([await letters(old), await vm(old, 3)]).toMatchObject([[], { name: 'unheard-of', stale: false }]);
  expect(await renamed(old)).toHaveLength(1);
});

it('is listed where an older release has parked it', async () => {
  const { on, old, boot, fix } = await unparsed();
  await old.stopAll();
  const kind = `parked ${old.gateway.flow.shift?.views}`;
  const move = async (from: string, to?: string) => {
    for (const { key, row } of await on.work.rows(from))
      await on.work.write([{ kind: from, key, row: null }, ...(to === undefined ? [] : [{ kind: to, key, row }])]);
  };
  await move(kind, 'parked gateway.views');
  for (const each of ['parked unreadable commits', 'older parked rows']) await move(each);
  const young = await boot('new');
  expect(await letters(young)).toMatchObject([{ key: vmId(3), followers: 1 }]);
  fix();
  expect(await replayed(young)).toEqual({ is: 'taken' });
  expect(await vm(young, 3)).toMatchObject({ name: 'unheard-of', stale: false, power: { state: 'poweredOff' } });
  await young.stopAll();
  expect(await letters(await boot('third'))).toEqual([]);
});
