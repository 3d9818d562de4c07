import { expect, it } from '@jest/globals';
import { readEach } from './properties.vsphere.js';
import type { SoapCall } from '../session/session.vsphere.js';
import { sessionOf } from '../testing.js';
import { at, parse } from './xml.vsphere.js';

const object = (id: string) => `<objects><obj type="VirtualMachine">${id}</obj></objects>`;

/** What is read of two machines when each answer is this one, and how many answers that takes. */
const reading = async (returned: string) => {
  let asked = 0;
  const ask: SoapCall = async () => {
    asked += 1;
    return at(parse(`<Envelope><returnval>${returned}</returnval></Envelope>`), 'Envelope') ?? '';
  };
  const session = sessionOf(ask);
  const refs = ['vm-1', 'vm-2'].map((id) => ({ type: 'VirtualMachine', id }));
  const read = readEach(session, refs, [{ type: 'VirtualMachine', paths: ['name'] }], new AbortController().signal);
  const ids = (await read.catch(({ message }: Error) => [{ ref: { id: message } }])).map(({ ref }) => ref.id);
  return { ids, asked };
};

it('K10: of an answer that holds more than was asked for each asked one is kept once', async () => {
  const { ids } = await reading(`${object('vm-1').repeat(1_000)}${object('vm-9').repeat(1_000)}${object('vm-2')}`);
  expect(ids).toEqual(['vm-1', 'vm-2']);
});

it('K10: an answer that goes on and on is not read to its end', async () => {
  const { ids, asked } = await reading(`<token>1</token>${object('vm-9')}`);
  expect(ids).toEqual(['the answer does not end']);
  expect(asked).toBeLessThan(5);
});
