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
const edit = (words: object, more: object = {}) => house.inventory.editVm({ vmId, ...words }, { ...ana(), ...more });

it('changes what is said, and leaves the rest', async () => {
  await edit({ displayName: 'Shop', labels: { team: 'a' } });
  expect(await edit({ description: 'sells' })).toMatchObject({
    vm: { displayName: 'Shop', description: 'sells', labels: { team: 'a' } },
  });
  expect(await edit({ displayName: null })).toMatchObject({ vm: { displayName: null, description: 'sells' } });
});
it('said twice, it adds nothing', async () => {
  await edit({ displayName: 'Shop' });
  const before = (await house.facts()).length;
  expect(await edit({ displayName: 'Shop' })).toMatchObject({ vm: { displayName: 'Shop' }, replayed: false });
  expect(await house.facts()).toHaveLength(before);
});
it('a dry run shows what would be, and changes nothing', async () => {
  const before = (await house.facts()).length;
  expect(await edit({ displayName: 'Shop' }, { dryRun: true })).toMatchObject({ vm: { displayName: 'Shop' } });
  expect(await house.facts()).toHaveLength(before);
});
it('knows nobody else, and nobody who is gone', async () => {
  expect(await house.inventory.editVm({ vmId: VmId.create() }, ana())).toMatchObject({ rejected: 'not_found' });
  await house.inventory.retireVm({ vmId }, ana());
  expect(await edit({ displayName: 'Shop' })).toMatchObject({ rejected: 'vm_gone', vmId });
});
