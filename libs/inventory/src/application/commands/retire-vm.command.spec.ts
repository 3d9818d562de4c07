import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { VmId } from '@drover/kernel';
import { ana, idOf, machine, openHouse } from '../../testing.js';

let house: Awaited<ReturnType<typeof openHouse>>;
beforeEach(async () => {
  house = await openHouse();
  house.machines.put(machine(1, house.clock.now()));
  await house.start();
});
afterEach(() => house.close());

const vmId = idOf(1);
const gone = { vm: { lifecycle: { state: 'retired', cause: 'by_hand' } } };

it('takes a machine out, also while its provider shows it, and it stays out', async () => {
  expect(await house.inventory.retireVm({ vmId }, { ...ana(), reason: 'sold' })).toMatchObject(gone);
  await house.clock.advance(1000);
  house.machines.put(machine(1, house.clock.now(), { power: 'poweredOff' }));
  await house.clock.advance(60 * 60_000);
  expect(await house.ports.shown.after(vmId, 0)).toMatchObject(gone.vm);
  const [commit] = (await house.eventStore.read(`vm-${vmId}` as never)).slice(-1);
  expect(commit?.metadata).toMatchObject({ actor: 'ana', reason: 'sold' });
});
it('taken out twice, it adds nothing', async () => {
  await house.inventory.retireVm({ vmId }, ana());
  const before = (await house.facts()).length;
  expect(await house.inventory.retireVm({ vmId }, ana())).toMatchObject(gone);
  expect(await house.facts()).toHaveLength(before);
});
it('a dry run takes nobody out', async () => {
  const before = (await house.facts()).length;
  expect(await house.inventory.retireVm({ vmId }, { ...ana(), dryRun: true })).toMatchObject(gone);
  expect(await house.facts()).toHaveLength(before);
});
it('knows nobody else', async () =>
  expect(await house.inventory.retireVm({ vmId: VmId.create() }, ana())).toMatchObject({ rejected: 'not_found' }));
it('compares the version that the asker has seen', async () =>
  expect(await house.inventory.retireVm({ vmId }, { ...ana(), ifMatch: '"i1.p0.r0.m0"' })).toMatchObject({
    rejected: 'version_mismatch',
  }));
