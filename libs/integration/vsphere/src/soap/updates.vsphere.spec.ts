import { expect, it } from '@jest/globals';
import { updatesOf } from './updates.vsphere.js';
import { at, parse, type Xml } from './xml.vsphere.js';

const answer = (inner: string): Xml => at(parse(`<Envelope>${inner}</Envelope>`), 'Envelope') ?? '';

it('K1: reads of an answer whom it names, one that has more, and one that says nothing', () => {
  expect(updatesOf(answer('<returnval><version>7</version><truncated>true</truncated></returnval>'))).toEqual({
    version: '7',
    more: true,
    updates: [],
  });
  expect(updatesOf('')).toEqual({ version: undefined, more: false, updates: [] });
  const object = (kind: string, id: string) =>
    `<objectSet><kind>${kind}</kind><obj type="VirtualMachine">${id}</obj>` +
    '<changeSet><name>name</name><op>assign</op><val>a</val></changeSet></objectSet>';
  const set = `<filterSet>${object('modify', 'vm-1')}${object('odd', 'vm-2')}</filterSet>`;
  expect(updatesOf(answer(`<returnval><version>3</version>${set}</returnval>`)).updates).toEqual([
    { kind: 'modify', type: 'VirtualMachine', id: 'vm-1' },
  ]);
});

it('K10: an answer that holds something else says nothing about changes', () => {
  const listing = answer('<returnval><objects><obj type="VirtualMachine">vm-1</obj></objects></returnval>');
  expect(() => updatesOf(listing)).toThrow('the changes have no version');
});
