import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { ConnectionId } from '@drover/kernel';
import { ProviderFault } from '@drover/ports';
import { ana, openHouse, siteA } from '../../testing.js';

let house: Awaited<ReturnType<typeof openHouse>>;
beforeEach(async () => {
  house = await openHouse();
  house.machines.fail(new ProviderFault('sign_in_failed', 'wrong password'));
  await house.start();
  house.machines.fail(null);
});
afterEach(() => house.close());

const reset = (more: object = {}) => house.inventory.resetConnection({ id: siteA.id }, { ...ana(), ...more });

it('allows one more sign-in, and shows it at once', async () => {
  expect(await house.inventory.getConnection({ id: siteA.id }, ana())).toMatchObject({
    signIn: { blocked: true },
    revision: 1,
  });
  expect(await reset()).toMatchObject({ state: 'unknown', reason: null, signIn: { blocked: false }, revision: 2 });
  await house.clock.advance(10);
  expect(await house.inventory.getConnection({ id: siteA.id }, ana())).toMatchObject({ state: 'up', revision: 2 });
});
it('asked twice, it is one reset; asked for nothing, none', async () => {
  await reset();
  expect(await reset()).toMatchObject({ revision: 2 });
  expect((await house.facts()).filter(({ type }) => type === 'ConnectionSignInReset')).toHaveLength(1);
});
it('a dry run shows what would be, and nobody signs in', async () => {
  const before = (await house.facts()).length;
  expect(await reset({ dryRun: true })).toMatchObject({ signIn: { blocked: false }, revision: 2 });
  await house.clock.advance(60_000);
  expect(await house.facts()).toHaveLength(before);
});
it('knows no other connection, and takes connection:admin', async () => {
  const nowhere = { id: ConnectionId.parse('nowhere') };
  expect(await house.inventory.resetConnection(nowhere, ana())).toMatchObject({ rejected: 'not_found' });
  expect(await reset({ rights: ['vm:operate'] })).toMatchObject({ rejected: 'forbidden' });
});
