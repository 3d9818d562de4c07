import { expect, it } from '@jest/globals';
import type { Machine } from '@drover/ports';
import { streamedMachines, type StreamedMachine } from './streamed-machines.vsphere.js';
import { updatesOf } from './updates.vsphere.js';
import { at, parse, type Xml } from './xml.vsphere.js';

const answer = (inner: string): Xml => at(parse(`<Envelope>${inner}</Envelope>`), 'Envelope') ?? '';
const change = (name: string, val?: string) =>
  val === undefined
    ? `<changeSet><name>${name}</name><op>indirectRemove</op></changeSet>`
    : `<changeSet><name>${name}</name><op>assign</op><val>${val}</val></changeSet>`;
const object = (kind: string, id: string, ...changes: string[]) =>
  `<objectSet><kind>${kind}</kind><obj type="VirtualMachine">${id}</obj>${changes.join('')}</objectSet>`;
const updates = (...objects: string[]) =>
  updatesOf(answer(`<returnval><version>3</version><filterSet>${objects.join('')}</filterSet></returnval>`)).updates;
/** A machine whose uuid is what its configuration says. */
const see = (_id: string, { scalars }: StreamedMachine) => {
  const { 'config.instanceUuid': instanceUuid = '', name = '' } = scalars;
  return instanceUuid ? ({ instanceUuid, name } as Machine) : null;
};

it('reads an answer, one that has more, and one that says nothing', () => {
  expect(updatesOf(answer('<returnval><version>7</version><truncated>true</truncated></returnval>'))).toEqual({
    version: '7',
    more: true,
    updates: [],
  });
  expect(updatesOf('')).toEqual({ version: undefined, more: false, updates: [] });
  expect(
    updates(object('modify', 'vm-1', change('name', 'a'), change('guest.ipAddress')), object('odd', 'vm-2')),
  ).toEqual([{ kind: 'modify', id: 'vm-1', values: { name: 'a' }, unset: ['guest.ipAddress'] }]);
});

it('builds a machine up from its changes, and asks for details when they may have changed', () => {
  const streamed = streamedMachines();
  const entered = updates(object('enter', 'vm-1', change('name', 'a'), change('config.instanceUuid', 'u1')));
  expect(streamed.take(entered)).toEqual({ changed: ['vm-1'], asking: ['vm-1'] });
  expect(streamed.look(['vm-1', 'vm-9'], see)).toEqual([{ instanceUuid: 'u1', name: 'a' }]);
  expect(streamed.take(updates(object('modify', 'vm-1', change('runtime.powerState', 'poweredOff')))).asking).toEqual(
    [],
  );
  expect(streamed.take(updates(object('modify', 'vm-1', change('config.changeVersion', '2')))).asking).toEqual([
    'vm-1',
  ]);
});

it('forgets what is unset, but for the configuration', () => {
  const streamed = streamedMachines();
  streamed.take(updates(object('enter', 'vm-1', change('guest.ipAddress', 'x'), change('config.instanceUuid', 'u1'))));
  streamed.take(updates(object('modify', 'vm-1', change('guest.ipAddress'), change('config.instanceUuid'))));
  expect(streamed.scalars('vm-1')).toEqual({ 'config.instanceUuid': 'u1' });
});

it('tells once who left, and not of one that is there under another reference', () => {
  const streamed = streamedMachines();
  const enter = (id: string, uuid: string) => object('enter', id, change('config.instanceUuid', uuid));
  streamed.take(updates(enter('vm-1', 'u1'), enter('vm-2', 'u2')));
  streamed.look(['vm-1', 'vm-2'], see);
  const { changed } = streamed.take(updates(object('leave', 'vm-1'), object('leave', 'vm-2'), enter('vm-3', 'u2')));
  expect(changed).toEqual(['vm-3']);
  streamed.look(changed, see);
  expect([streamed.removed(), streamed.removed()]).toEqual([['u1'], []]);
});

it('one that becomes a template has left', () => {
  const streamed = streamedMachines();
  streamed.take(updates(object('enter', 'vm-1', change('config.instanceUuid', 'u1'))));
  streamed.look(['vm-1'], see);
  streamed.look(['vm-1'], () => null);
  expect(streamed.removed()).toEqual(['u1']);
});
