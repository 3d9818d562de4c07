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

it('a listing cannot be cancelled, however often one asks, running or ended', async () => {
  const before = (await house.facts()).length;
  for (let i = 0; i < 2; i++)
    expect(await house.inventory.cancelOperation({ id }, ana())).toMatchObject({
      rejected: 'not_cancellable',
      see: id,
    });
  expect(await house.facts()).toHaveLength(before);
  await house.clock.advance(1000);
  expect(await house.inventory.cancelOperation({ id }, ana())).toMatchObject({
    rejected: 'not_cancellable',
    because: 'It has ended.',
  });
});
it('knows no operation that nobody asked for', async () => {
  for (const other of others)
    expect(await house.inventory.cancelOperation({ id: other }, ana())).toMatchObject({ rejected: 'not_found' });
});
it('takes the right of the verb', async () =>
  expect(await house.inventory.cancelOperation({ id }, { ...ana(), rights: ['vm:read'] })).toMatchObject({
    rejected: 'forbidden',
  }));
