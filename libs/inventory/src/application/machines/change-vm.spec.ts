import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { vmEtag } from '@drover/contracts';
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
const etag = (i: number) => vmEtag({ i, p: 7, r: 0, m: 3 });

it('compares the part of the ETag that it writes', async () => {
  expect(await edit({ displayName: 'a' }, { ifMatch: etag(1) })).toMatchObject({ rejected: 'version_mismatch', vmId });
  expect(await edit({ displayName: 'a' }, { ifMatch: etag(2) })).toMatchObject({ vm: { displayName: 'a' } });
  expect(await edit({ displayName: 'b' }, { ifMatch: etag(2) })).toMatchObject({ rejected: 'version_mismatch' });
  expect(await edit({ displayName: 'b' }, { ifMatch: '"nonsense"' })).toMatchObject({ rejected: 'version_mismatch' });
  expect(await edit({ displayName: 'b' }, { ifMatch: '*' })).toMatchObject({ vm: { displayName: 'b' } });
});
