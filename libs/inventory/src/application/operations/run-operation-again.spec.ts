import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { OperationId } from '@drover/kernel';
import { ana, openHouse, siteA } from '../../testing.js';

let house: Awaited<ReturnType<typeof openHouse>>;
const id = OperationId.parse('inventory.connection-site-a.1');
const others = ['inventory.connection-site-a.9', 'inventory.connection-nowhere.1', 'inventory.vm-lab.1'].map(
  OperationId.parse,
);
beforeEach(async () => {
  house = await openHouse();
  await house.start();
  await house.inventory.refreshConnection({ id: siteA.id }, ana());
});
afterEach(() => house.close());

it('is another refresh, and for one key the same one', async () => {
  await house.clock.advance(1000);
  const again = await house.inventory.runOperationAgain({ id }, ana('k1'));
  expect(again).toMatchObject({
    operation: { id: 'inventory.connection-site-a.2', state: 'running' },
    replayed: false,
  });
  await house.clock.advance(1000);
  expect(await house.inventory.runOperationAgain({ id }, ana('k1'))).toMatchObject({
    ...{ operation: { id: 'inventory.connection-site-a.2', state: 'succeeded' }, replayed: true },
  });
  expect(await house.inventory.runOperationAgain({ id }, ana('k2'))).toMatchObject({
    operation: { id: 'inventory.connection-site-a.3' },
  });
});
it('while one runs, it is that one', async () =>
  expect(await house.inventory.runOperationAgain({ id }, ana('k1'))).toMatchObject({
    operation: { id, state: 'running' },
  }));
it('knows no operation that nobody asked for', async () => {
  for (const other of others)
    expect(await house.inventory.runOperationAgain({ id: other }, ana('k'))).toMatchObject({ rejected: 'not_found' });
});
it('takes the right of the verb', async () =>
  expect(await house.inventory.runOperationAgain({ id }, { ...ana(), rights: ['vm:read'] })).toMatchObject({
    rejected: 'forbidden',
  }));
