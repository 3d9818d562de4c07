import { expect, it } from '@jest/globals';
import { readMachine } from './find.vsphere.js';
import { machineCache } from './machine-cache.vsphere.js';
import { READ } from '../power/reading.vsphere.js';
import type { SoapCall } from '../session/session.vsphere.js';
import { sessionOf } from '../testing.js';
import { at, parse } from '../soap/xml.vsphere.js';

const UUID = '501c7e2f-1b2a-9f3c-0d4e-5f6a7b8c9d0e';
const power = '<propSet><name>runtime.powerState</name><val>poweredOn</val></propSet>';
const uuid = (value: string) => `<propSet><name>config.instanceUuid</name><val>${value}</val></propSet>`;

/** Reads the machine of a provider that finds one by its UUID, and says this of what it found. */
const reading = (propSet: string) => {
  const answers: Readonly<Record<string, string>> = {
    FindByUuid: '<returnval type="VirtualMachine">vm-1</returnval>',
    RetrievePropertiesEx: `<returnval><objects><obj type="VirtualMachine">vm-1</obj>${propSet}</objects></returnval>`,
  };
  const ask: SoapCall = async ({ method }) =>
    at(parse(`<Envelope>${answers[method] ?? ''}</Envelope>`), 'Envelope') ?? '';
  const session = sessionOf(ask);
  return readMachine({ session, cache: machineCache() }, { key: UUID }, { paths: READ }, new AbortController().signal);
};

it('reads who is found by the UUID and says that it is the one', async () => {
  expect(await reading(uuid(UUID.toUpperCase()) + power)).toMatchObject({ ref: { id: 'vm-1' } });
});

it('K25: a machine that is found and does not say who it is has not left: it cannot be read', async () => {
  await expect(reading(power)).rejects.toMatchObject({
    code: 'provider_error',
    detail: 'config.instanceUuid of vm-1 is not set',
  });
});

it('a reference that is another machine’s by now is not the one that was looked for', async () => {
  await expect(reading(uuid('501c7e2f-1b2a-9f3c-0d4e-000000000000') + power)).rejects.toMatchObject({
    code: 'not_found',
  });
});

it('a machine whose power the account may not see is not permitted, and that is no error to try again', async () => {
  const hidden = `<missingSet><path>runtime.powerState</path><fault><fault xmlns:x="http://www.w3.org/2001/XMLSchema-instance" x:type="NoPermission"/></fault></missingSet>`;
  await expect(reading(uuid(UUID) + hidden)).rejects.toMatchObject({ code: 'not_permitted', sent: 'no' });
});
