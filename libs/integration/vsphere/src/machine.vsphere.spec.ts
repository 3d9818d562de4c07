import { expect, it } from '@jest/globals';
import { ConnectionId, Instant } from '@drover/kernel';
import { detailsOf, NO_DETAILS } from './details.vsphere.js';
import { machineCache } from './machine-cache.vsphere.js';
import { machineOf, scalarsOf, type Scalars } from './machine.vsphere.js';
import { nameOf, placesOf } from './places.vsphere.js';
import { seen } from './sighting.vsphere.js';
import { at, parse, type Xml } from './xml.vsphere.js';

const AT = Instant.parse('2026-01-02T03:04:05Z');
const MOMENT = { observedAt: AT, run: 'spec', n: 1 };
const UUID = '501c7e2f-1b2a-9f3c-0d4e-5f6a7b8c9d0e'; // no RFC 9562 version: vCenter's own are like that
const scalars: Scalars = {
  name: 'web%2f01',
  parent: 'group-v9',
  'config.instanceUuid': UUID.toUpperCase(),
  'config.uuid': UUID,
  'config.template': 'false',
  'config.hardware.numCPU': '4',
  'config.hardware.memoryMB': '16384',
  'config.guestFullName': 'Debian',
  'guest.toolsStatus': 'toolsOk',
  'guest.toolsVersion': '12352',
  'guest.ipAddress': '192.0.2.7',
  'runtime.powerState': 'poweredOn',
  'runtime.host': 'host-1',
  'summary.runtime.bootTime': '2026-01-01T00:00:00.123456789Z',
};
const value = (inner: string): Xml => at(parse(`<Envelope>${inner}</Envelope>`), 'Envelope', 'val') ?? '';
const place = (type: string, id: string, name: string, parent?: string) => ({
  ref: { type, id },
  values: { name, ...(parent ? { parent: value(`<val type="Folder">${parent}</val>`) } : {}) },
});
const places = placesOf([
  place('Datacenter', 'datacenter-2', 'D%5cC', 'group-d1'),
  place('Folder', 'group-v3', 'vm', 'datacenter-2'),
  place('Folder', 'group-v9', 'a%2fb', 'group-v3'),
  place('HostSystem', 'host-1', 'esx-1'),
  place('DistributedVirtualPortgroup', 'dvportgroup-12', 'blue'),
]);
const around = { connection: ConnectionId.parse('lab'), places };
const details = detailsOf({
  'config.hardware.device': value(`<val i:type="ArrayOfVirtualDevice">
    <VirtualDevice i:type="VirtualKeyboard"><key>600</key></VirtualDevice>
    <VirtualDevice i:type="VirtualDisk"><key>2000</key><deviceInfo><label>Hard disk 1</label></deviceInfo>
      <backing><fileName>[ds] web/web.vmdk</fileName></backing>
      <capacityInKB>1</capacityInKB><capacityInBytes>70368744177664</capacityInBytes></VirtualDevice>
    <VirtualDevice i:type="VirtualDisk"><key>2001</key><deviceInfo><label>old</label></deviceInfo>
      <capacityInKB>2048</capacityInKB></VirtualDevice>
    <VirtualDevice i:type="VirtualVmxnet3"><key>4000</key><deviceInfo><label>eth0</label></deviceInfo>
      <backing><port><portgroupKey>dvportgroup-12</portgroupKey></port></backing>
      <macAddress>00:50:56:00:00:01</macAddress></VirtualDevice>
    <VirtualDevice i:type="VirtualE1000e"><key>4001</key><deviceInfo><label>eth1</label></deviceInfo>
      <backing><deviceName>VM Network</deviceName></backing>
      <macAddress>00:50:56:00:00:02</macAddress></VirtualDevice></val>`),
  'guest.net': value(
    '<val><GuestNicInfo><ipAddress>192.0.2.7</ipAddress><ipAddress>fe80::1</ipAddress></GuestNicInfo>' +
      '<GuestNicInfo/></val>',
  ),
});
const machine = (changed: Partial<Record<string, string>> = {}) => {
  const all = Object.entries({ ...scalars, ...changed }).flatMap(([path, text]) =>
    text === undefined ? [] : [[path, text]],
  );
  return machineOf('vm-57', [Object.fromEntries(all) as Scalars, details], around, MOMENT);
};

it('says all of a machine in our words', () =>
  expect(machine()).toEqual({
    ...MOMENT,
    instanceUuid: UUID,
    name: 'web/01',
    aliases: [
      { source: 'lab', kind: 'instance-uuid', value: UUID },
      { source: 'lab', kind: 'bios-uuid', value: UUID },
      { source: 'lab', kind: 'moref', value: 'vm-57' },
    ],
    hardware: {
      cpus: 4,
      memoryBytes: 16 * 1024 ** 3,
      os: 'Debian',
      toolsVersion: '12352',
      observedAt: AT,
      path: '/D%5cC/vm/a%2fb/web%2f01',
      datacenter: 'D\\C',
      host: 'esx-1',
      addresses: ['192.0.2.7', 'fe80::1'],
      disks: [
        { id: '2000', label: 'Hard disk 1', capacityBytes: 70_368_744_177_664, path: '[ds] web/web.vmdk' },
        { id: '2001', label: 'old', capacityBytes: 2_097_152, path: null },
      ],
      networks: [
        { label: 'eth0', network: 'blue', macAddress: '00:50:56:00:00:01' },
        { label: 'eth1', network: 'VM Network', macAddress: '00:50:56:00:00:02' },
      ],
    },
    power: 'poweredOn',
    tools: 'toolsOk',
    bootAt: '2026-01-01T00:00:00.123Z',
    observedAt: AT,
  }));

it('leaves out what is not set', () => {
  const unset = [
    'parent',
    'config.uuid',
    'guest.ipAddress',
    'guest.toolsStatus',
    'runtime.host',
    'summary.runtime.bootTime',
  ];
  const bare = machine(Object.fromEntries(unset.map((path) => [path, undefined])));
  expect(bare).toMatchObject({
    tools: 'unknown',
    bootAt: null,
    hardware: { path: null, datacenter: null, host: null },
  });
  expect(bare?.aliases.map(({ kind }) => kind)).toEqual(['instance-uuid', 'moref']);
});

it('a template, and one without a configuration, is no machine', () => {
  expect(machine({ 'config.template': 'true' })).toBeNull();
  expect(machine({ 'config.instanceUuid': undefined })).toBeNull();
});

it.each([
  ['config.instanceUuid', 'nonsense'],
  ['config.hardware.numCPU', 'many'],
  ['runtime.powerState', 'dreaming'],
])('what cannot be read is an error with the text of it: %s', (path, text) =>
  expect(() => machine({ [path]: text })).toThrow(new RegExp(`vm-57: ${path} is "${text}"`)),
);

it('takes the text of values, and of references the id', () =>
  expect(
    scalarsOf({ name: 'x', parent: value('<val type="Folder" i:type="ManagedObjectReference">group-1</val>') }),
  ).toEqual({
    name: 'x',
    parent: 'group-1',
  }));

it('writes names as people do', () => expect(nameOf('a%2fb%5Cc%25d%20')).toBe('a/b\\c%d%20'));

it('keeps a machine whose configuration went with its storage, and says that its guest cannot be asked', () => {
  const cache = machineCache();
  const known = { scalars, details: NO_DETAILS };
  expect(seen(cache, 'vm-57', known, around, MOMENT)).toMatchObject({ power: 'poweredOn' });
  const lost = { scalars: { name: 'web', 'runtime.powerState': 'poweredOff' }, details: NO_DETAILS };
  expect(seen(cache, 'vm-57', lost, around, MOMENT)).toMatchObject({
    instanceUuid: UUID,
    power: 'poweredOff',
    tools: 'unknown',
  });
  expect(seen(cache, 'vm-58', lost, around, MOMENT)).toBeNull();
  expect(cache.idOf(UUID.toUpperCase())).toBe('vm-57');
  cache.forget(UUID);
  expect([cache.idOf(UUID), cache.last('vm-57')]).toEqual([undefined, undefined]);
});
