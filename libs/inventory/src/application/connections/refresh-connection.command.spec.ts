import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { ConnectionId, type Actor } from '@drover/kernel';
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

it('records the request and who had it, and lists nothing itself', async () => {
  expect(await refresh({ reason: 'moved machines' })).toMatchObject(first);
  const [commit] = await house.eventStore.readAll((await house.eventStore.readAll(0, 1000)).length - 1, 1);
  expect(commit?.metadata).toMatchObject({ actor: 'ana', reason: 'moved machines' });
  expect(commit?.facts.map(({ fact }) => fact)).toMatchObject([{ type: 'ConnectionRefreshRequested', op: 1 }]);
});
it('asked twice, it is one refresh', async () => {
  const [one, two] = await Promise.all([refresh(), refresh()]);
  expect(one).toMatchObject(first);
  expect(two).toEqual(one);
});
it('a dry run answers with the operation that would be, and starts none', async () => {
  const before = (await house.facts()).length;
  expect(await refresh({ dryRun: true })).toMatchObject(first);
  await house.clock.advance(1000);
  expect(await house.facts()).toHaveLength(before);
  expect(await house.inventory.getOperation({ id: 'inventory.connection-site-a.1' as never }, ana())).toMatchObject({
    rejected: 'not_found',
  });
});
it('knows no other connection', async () =>
  expect(await house.inventory.refreshConnection({ id: ConnectionId.parse('nowhere') }, ana())).toMatchObject({
    rejected: 'not_found',
  }));
it('takes vm:operate', async () =>
  expect(await refresh({ rights: ['vm:read'] })).toMatchObject({
    rejected: 'forbidden',
  }));
