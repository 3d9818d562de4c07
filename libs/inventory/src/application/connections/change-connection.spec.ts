import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { Actor } from '@drover/kernel';
import { ana, openHouse, siteA } from '../../testing.js';

let house: Awaited<ReturnType<typeof openHouse>>;
beforeEach(async () => {
  house = await openHouse();
  await house.start();
});
afterEach(() => house.close());

const refresh = (more: Partial<Actor> = {}) =>
  house.inventory.refreshConnection({ id: siteA.id }, { ...ana(), ...more });
const first = { operation: { id: 'inventory.connection-site-a.1', state: 'running' } };

it('compares the version of the connection', async () => {
  const shown = await house.inventory.getConnection({ id: siteA.id }, ana());
  const version = 'version' in shown ? shown.version : 0;
  expect(await refresh({ ifMatch: '"c999"' })).toMatchObject({ rejected: 'version_mismatch' });
  expect(await refresh({ ifMatch: '"i1.p1.r1.m1"' })).toMatchObject({ rejected: 'version_mismatch' });
  expect(await refresh({ ifMatch: `"c${version}"` })).toMatchObject(first);
});
