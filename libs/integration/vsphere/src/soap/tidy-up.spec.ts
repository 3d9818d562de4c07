import { expect, it } from '@jest/globals';
import { virtualClock } from '@drover/ports';
import { probe } from '../machines/probes.vsphere.js';
import { pages } from './properties.vsphere.js';
import type { SoapCall } from '../session/session.vsphere.js';
import { VimFault } from './soap.vsphere.js';
import { openUpdates } from './updates.vsphere.js';
import { lab, sessionOf } from '../testing.js';
import { at, parse } from './xml.vsphere.js';

const MADE: Readonly<Record<string, string>> = {
  CreatePropertyCollector: '<returnval type="PropertyCollector">pc-1</returnval>',
  CreateContainerView: '<returnval type="ContainerView">view-1</returnval>',
};
const { signal } = new AbortController();

/** A session in which one method fails. What tidies up is marked. */
const failing = (spoiled: string) => {
  const calls: string[] = [];
  const ask: SoapCall = async ({ method, self }, apart) => {
    calls.push(apart ? `${method} ${self.id} ${apart}` : method);
    if (method === spoiled) throw new VimFault('NoPermission', 'no');
    return at(parse(`<Envelope>${MADE[method] ?? ''}</Envelope>`), 'Envelope') ?? '';
  };
  const session = sessionOf(ask);
  return { calls, session };
};
const wanted = [{ type: 'VirtualMachine', paths: ['name'] }];

it.each([
  ['CreateContainerView', ['DestroyPropertyCollector pc-1 apart']],
  ['CreateFilter', ['DestroyPropertyCollector pc-1 apart', 'DestroyView view-1 apart']],
])('a stream that cannot be opened at %s leaves nothing at the provider', async (spoiled, left) => {
  const { calls, session } = failing(spoiled);
  await expect(openUpdates(session, wanted, signal)).rejects.toMatchObject({ type: 'NoPermission' });
  expect(calls.slice(calls.indexOf(spoiled) + 1)).toEqual(left);
});

it('a stream that ends leaves nothing at the provider', async () => {
  const { calls, session } = failing('WaitForUpdatesEx');
  const updates = await openUpdates(session, wanted, signal);
  await expect(updates.next(1)).rejects.toMatchObject({ type: 'NoPermission' });
  await updates.close();
  expect(calls.slice(-2)).toEqual(['DestroyPropertyCollector pc-1 apart', 'DestroyView view-1 apart']);
});

it('a listing whose first page fails leaves nothing at the provider', async () => {
  const { calls, session } = failing('RetrievePropertiesEx');
  await expect(pages(session, wanted, signal, { sending: () => null }).next()).rejects.toMatchObject({
    code: 'not_permitted',
  });
  expect(calls).toEqual(['CreateContainerView', 'RetrievePropertiesEx', 'DestroyView view-1 apart']);
});

it('the test of a connection leaves nothing at the provider when its reading fails', async () => {
  const { calls, session } = failing('RetrievePropertiesEx');
  expect((await probe(session, lab, virtualClock(), signal)).at(-1)).toMatchObject({ step: 'read', ok: false });
  expect(calls.at(-1)).toBe('DestroyView view-1 apart');
});
