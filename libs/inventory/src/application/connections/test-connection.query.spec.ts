import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { Probe } from '@drover/contracts';
import { ConnectionId } from '@drover/kernel';
import { memoryMachineCatalog, virtualClock } from '@drover/ports';
import { ana, openHouse, siteA } from '../../testing.js';

let house: Awaited<ReturnType<typeof openHouse>>;
let probes: readonly Probe[] = [];
let asked = 0;
const probe = (step: Probe['step'], code: string | null = null): Probe => ({
  ...{ step, ok: code === null, code, detail: null, durationMs: 1 },
});
beforeEach(async () => {
  const clock = virtualClock();
  const machines = memoryMachineCatalog(() => clock.now());
  asked = 0;
  house = await openHouse({ clock, catalog: { ...machines, test: async () => (asked++, probes) } });
  await house.start();
});
afterEach(() => house.close());
const test = (more: object = {}) => house.inventory.testConnection({ id: siteA.id }, { ...ana(), ...more });

it('answers each step on the way, and records that somebody asked', async () => {
  probes = [probe('dns'), probe('tcp'), probe('session'), probe('read')];
  expect(await test()).toEqual(probes);
  expect((await house.facts()).at(-1)).toEqual({
    ...{ stream: 'audit-inventory', type: 'AuditActionRecorded', command: 'connection.test', target: 'site-a' },
  });
});
it('a sign-in that is refused is a fact, and the next test asks nobody', async () => {
  probes = [probe('tcp'), probe('session', 'sign_in_failed')];
  expect(await test()).toEqual(probes);
  await house.clock.advance(10);
  expect(await house.inventory.getConnection({ id: siteA.id }, ana())).toMatchObject({ signIn: { blocked: true } });
  expect(await test()).toMatchObject({ rejected: 'connection_blocked' });
  expect(asked).toBe(1);
});
it('a refusal counts wherever the way ended: the session may be lost on it', async () => {
  probes = [probe('tcp'), probe('session'), probe('read', 'sign_in_failed')];
  await test();
  await house.clock.advance(10);
  expect(await house.inventory.getConnection({ id: siteA.id }, ana())).toMatchObject({ signIn: { blocked: true } });
});
it.each([
  ['tcp', 'provider_unreachable'],
  ['tls', 'certificate_refused'],
  ['session', 'provider_unreachable'],
  ['session', 'provider_error'],
] as const)('what fails at %s with %s blocks nothing', async (step, code) => {
  probes = [probe(step, code)];
  await test();
  expect(await house.inventory.getConnection({ id: siteA.id }, ana())).toMatchObject({ signIn: { blocked: false } });
});
it('knows no other connection, and takes connection:admin', async () => {
  const nowhere = { id: ConnectionId.parse('nowhere') };
  expect(await house.inventory.testConnection(nowhere, ana())).toMatchObject({ rejected: 'not_found' });
  expect(await test({ rights: ['vm:read'] })).toMatchObject({ rejected: 'forbidden' });
  expect(asked).toBe(0);
});
