import { afterEach, expect, it, jest } from '@jest/globals';
import { DeadLetter, pageOf } from '@drover/contracts';
import { Instant } from '@drover/kernel';
import { admin, disks, furnished, granted, houses, NOON, viewer, vmId, type House } from '../../testing.js';
import { vmsProjection } from './vms.projection.js';

const { started, end } = houses();
afterEach(async () => {
  jest.restoreAllMocks();
  await end();
});

/** Makes the view of machines throw for some events, as code with a bug does; answers with how to fix it. */
const broken = (n: number, type: string) => {
  const { evolve } = vmsProjection;
  const mock = jest.spyOn(vmsProjection, 'evolve').mockImplementation((row, entry) => {
    if (entry.event.subject === `vm/${vmId(n)}` && entry.type.includes(type)) throw new TypeError('no such power');
    return evolve(row, entry);
  });
  return () => mock.mockRestore();
};
const vm = async ({ gateway }: House, n: number) => granted(await gateway.getVm({ id: vmId(n) }, viewer));
const fleet = async ({ gateway }: House) => granted(await gateway.getFleet({}, viewer));
const letters = async ({ gateway }: House) => granted(await gateway.listDeadLetters({ limit: 100 }, admin)).items;

it('K16: one event that a view cannot take parks its machine: streams tell it, the row is stale, others go on', async () => {
  const here = await furnished(await started());
  const me = await here.connect();
  const fix = broken(3, 'vm-power-observed');
  await here.clock.advance(5000);
  await here.tell.observed(3, 'poweredOff');
  await here.tell.described(3, 'renamed');
  await here.tell.observed(4, 'poweredOff');
  await here.settled();
  expect(me.facts().map(({ event }) => event?.replace('io.drover.inventory.', ''))).toEqual([
    ...['vm-power-observed.v1', 'vm-described.v1', 'vm-power-observed.v1'],
  ]);
  const before = Instant.plusSeconds(NOON, 4.999); // the last moment of which the row is true
  expect(await vm(here, 3)).toMatchObject({ name: 'vm-3', stale: true, staleReason: 'parked', asOf: before });
  expect(await vm(here, 4)).toMatchObject({ stale: false, power: { state: 'poweredOff' } });
  expect(await fleet(here)).toMatchObject({ complete: false, total: 5 });

  await here.clock.advance(60_000);
  const found = granted(await here.gateway.listDeadLetters({ limit: 100 }, admin));
  expect(pageOf(DeadLetter).parse(found)).toEqual(found);
  expect(found.items).toMatchObject([
    {
      ...{ service: 'gateway', consumer: 'gateway.views', key: vmId(3), followers: 1, attempts: 5 },
      event: { type: 'io.drover.inventory.vm-power-observed.v1' },
      error: { class: 'TypeError', detail: 'no such power' },
    },
  ]);
  const id = found.items[0]?.id ?? '';
  expect(await here.gateway.getDeadLetter({ id }, admin)).toEqual(found.items[0]);
  expect(await here.gateway.replayDeadLetter({ id }, admin)).toMatchObject({ rejected: 'wrong_state' });

  fix();
  expect(await here.gateway.replayDeadLetter({ id }, admin)).toBeNull();
  expect(await vm(here, 3)).toMatchObject({ name: 'renamed', stale: false, power: { state: 'poweredOff' } });
  expect([await letters(here), (await fleet(here)).complete]).toEqual([[], true]);
  expect(me.facts()).toHaveLength(3); // nobody is told a second time
});

it('K16: a later process finds it parked, and a rebuild judges anew', async () => {
  const on = disks();
  const here = await furnished(await started({}, on));
  const fix = broken(3, 'vm-power-observed');
  await here.tell.observed(3, 'poweredOff');
  await here.settled();
  await here.stopAll();
  const after = await started({}, on);
  await after.settled();
  expect(await vm(after, 3)).toMatchObject({ stale: true, staleReason: 'parked' });
  fix();
  await after.rebuild();
  await after.tell.observed(5, 'poweredOff'); // what wakes the readers
  await after.clock.advance(60_000);
  await after.settled();
  expect(await vm(after, 3)).toMatchObject({ stale: false, power: { state: 'poweredOff' } });
  expect(await letters(after)).toEqual([]);
});

it('K16: a commit that nobody can parse is a dead letter with its bytes, and is told once it can', async () => {
  const on = disks();
  const { flow } = on.inventory;
  const publish = flow.publish.bind(flow);
  let odd = false;
  flow.publish = (stored) => {
    if (odd && JSON.stringify(stored.fact).includes('"unheard-of"')) throw new SyntaxError('no such name');
    return publish(stored);
  };
  const here = await furnished(await started({}, on));
  const me = await here.connect();
  odd = true;
  await here.tell.described(3, 'unheard-of');
  await here.tell.observed(3, 'poweredOff');
  await here.tell.observed(4, 'poweredOff');
  await here.settled();
  expect(me.facts()).toHaveLength(2);
  const [letter] = await letters(here);
  expect(letter).toMatchObject({ key: vmId(3), followers: 1, error: { class: 'SyntaxError' } });
  expect(Buffer.from(String(letter?.event), 'base64').toString()).toContain('unheard-of');
  expect(await vm(here, 3)).toMatchObject({ staleReason: 'parked', power: { state: 'unknown' } });
  odd = false;
  expect(await here.gateway.replayDeadLetter({ id: letter?.id ?? '' }, admin)).toBeNull();
  expect(await vm(here, 3)).toMatchObject({ name: 'unheard-of', stale: false, power: { state: 'poweredOff' } });
  expect(me.facts()).toHaveLength(3);
});
