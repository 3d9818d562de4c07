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
const said = { outcome: 'failed', reason: 'looked' } as const;

it('what came of it is never in doubt: nothing for a person to say, however often one asks', async () => {
  await house.clock.advance(1000);
  const before = (await house.facts()).length;
  for (let i = 0; i < 2; i++)
    expect(await house.inventory.markOperation({ id, ...said }, ana())).toMatchObject({
      rejected: 'wrong_state',
      see: id,
    });
  expect(await house.facts()).toHaveLength(before);
});
it('knows no operation that nobody asked for', async () => {
  for (const other of others)
    expect(await house.inventory.markOperation({ id: other, ...said }, ana())).toMatchObject({ rejected: 'not_found' });
});
it('takes the right of the verb', async () =>
  expect(await house.inventory.markOperation({ id, ...said }, { ...ana(), rights: ['vm:read'] })).toMatchObject({
    rejected: 'forbidden',
  }));
