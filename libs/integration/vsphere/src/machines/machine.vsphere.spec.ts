import { expect, it } from '@jest/globals';
import type { Machine } from '@drover/ports';
import { Alias, ConnectionId, Hardware, Instant } from '@drover/kernel';
import fc from 'fast-check';
import { detailsOf } from './details.vsphere.js';
import { machineOf } from './machine.vsphere.js';
import { nameOf, placesOf } from './places.vsphere.js';
import { at, parse, type Xml } from '../soap/xml.vsphere.js';

const AT = Instant.parse('2026-01-02T03:04:05Z');
const MOMENT = { observedAt: AT, run: 'spec', n: 1 };
const UUID = '501c7e2f-1b2a-9f3c-0d4e-5f6a7b8c9d0e'; // no RFC 9562 version: vCenter's own are like that
const scalars: Readonly<Record<string, string>> = {
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
  'runtime.connectionState': 'connected',
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
const devices = {
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
};
type Changes = Readonly<Record<string, Xml | undefined>>;
const found = (changed: Changes, missing: Readonly<Record<string, string>> = {}, id = 'vm-57') => {
  const all = Object.entries({ ...scalars, ...devices, ...changed });
  const values = Object.fromEntries(all.filter((each): each is [string, Xml] => each[1] !== undefined));
  return { ref: { type: 'VirtualMachine', id }, values, missing };
};
const machine = (...of: Parameters<typeof found>) => {
  const read = found(...of);
  return machineOf(read, detailsOf(read.values), around, MOMENT);
};

it('says all of a machine in our words', () =>
  expect(machine({})).toEqual({
    ...MOMENT,
    key: UUID,
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
    connectionState: 'connected',
    template: false,
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
  expect('aliases' in bare && bare.aliases.map(({ kind }) => kind)).toEqual(['instance-uuid', 'moref']);
});

it('K28: a template is listed as one', () =>
  expect(machine({ 'config.template': 'true' })).toMatchObject({ template: true, key: UUID }));

it.each(['disconnected', 'inaccessible', 'orphaned', 'invalid'])('K19: says how the provider reaches it: %s', (state) =>
  expect(machine({ 'runtime.connectionState': state })).toMatchObject({ connectionState: state, power: 'poweredOn' }),
);

const cpus = { 'config.hardware.numCPU': undefined };
const disk = (inner: string): Xml =>
  value(`<val><VirtualDevice i:type="VirtualDisk"><key>2000</key>${inner}</VirtualDevice></val>`);

it.each<[string, Changes]>([
  ['no CPU count', cpus],
  ['an empty CPU count', { 'config.hardware.numCPU': '' }],
  ['no CPUs', { 'config.hardware.numCPU': '0' }],
  ['fewer than no CPUs', { 'config.hardware.numCPU': '-1' }],
  ['CPUs that are no number', { 'config.hardware.numCPU': 'many' }],
  ['memory that is no whole number', { 'config.hardware.memoryMB': '1e3' }],
  ['more memory than can be counted', { 'config.hardware.memoryMB': '99999999999999' }],
  ['a disk without a size', { 'config.hardware.device': disk('') }],
  ['a disk of a negative size', { 'config.hardware.device': disk('<capacityInKB>-1</capacityInKB>') }],
])('K7: a machine with %s is listed without hardware', (_what, changes) =>
  expect(machine(changes)).toMatchObject({ key: UUID, name: 'web/01', power: 'poweredOn', hardware: null }),
);

it.each<[string, string, Changes, Readonly<Record<string, string>>]>([
  ['config.instanceUuid is not set', 'no instance UUID', { 'config.instanceUuid': undefined }, {}],
  ['config.instanceUuid is "nonsense"', 'an instance UUID that is none', { 'config.instanceUuid': 'nonsense' }, {}],
  [
    'config.instanceUuid cannot be read: NoPermission',
    'an instance UUID that may not be read',
    { 'config.instanceUuid': undefined },
    { 'config.instanceUuid': 'NoPermission' },
  ],
  ['runtime.powerState is "dreaming"', 'a power state that is none', { 'runtime.powerState': 'dreaming' }, {}],
  ['runtime.powerState is not set', 'no power state', { 'runtime.powerState': '' }, {}],
])('K7: says %s of a machine with %s, and skips it', (why, _what, changes, missing) =>
  expect(machine(changes, missing)).toEqual({
    ...{ ref: 'vm-57', name: 'web/01', why },
    key: 'config.instanceUuid' in changes ? null : UUID,
  }),
);

it('K7: skips what has no reference, or one that is too long', () => {
  for (const id of ['', 'v'.repeat(254)])
    expect(machine({}, {}, id)).toMatchObject({ key: UUID, why: 'it has no reference that can be used' });
});

it('K7: calls a machine without a name by its reference, and cuts a name that is too long', () => {
  expect(machine({ name: undefined })).toMatchObject({ name: 'vm-57' });
  expect(machine({ name: 'n'.repeat(300) })).toMatchObject({ name: 'n'.repeat(253) });
});

it('K39: shows no name, place or label that could not be asked for', () => {
  const { name, hardware } = machine({ name: 'web\t\u202E01', 'config.guestFullName': 'a\u2066b' }) as Machine;
  expect([name, hardware?.os]).toEqual(['web\uFFFD\uFFFD01', 'a\uFFFDb']);
  expect(hardware?.path).toMatch(/\/web\uFFFD\uFFFD01$/);
  expect((machine({ name: '🐂'.repeat(200) }) as Machine).name).toHaveLength(252);
});

it('K7: whatever is unset or odd, a machine is shown as our schemas say or skipped with a reason', () => {
  const odd = fc.constantFrom<Xml | undefined>(
    ...[undefined, '', ' ', '-1', '0', 'NaN', '1e999', '9'.repeat(400), 'nonsense', UUID, 'true', '\u0000'],
    ...[{ '#text': 'odd' }, { '@type': 'Folder' }, { '@type': 'Folder', '#text': 'group-nobody' }, {}],
    ...[disk('<capacityInBytes>x</capacityInBytes>'), value('<val><VirtualDevice i:type="VirtualDisk"/></val>')],
    value('<val><VirtualDevice><macAddress/></VirtualDevice></val>'),
    value('<val><GuestNicInfo><ipAddress/></GuestNicInfo></val>'),
  );
  const changes = fc.dictionary(fc.constantFrom(...Object.keys({ ...scalars, ...devices })), odd);
  const missing = fc.dictionary(fc.constantFrom(...Object.keys(scalars)), fc.constantFrom('NoPermission', ''));
  const id = fc.constantFrom('vm-57', '', 'x'.repeat(1000));
  fc.assert(
    fc.property(changes, missing, id, (...of) => {
      const seen = machine(...of);
      if ('why' in seen) expect([typeof seen.ref, seen.why.length > 0]).toEqual(['string', true]);
      else {
        expect(seen.name).not.toBe('');
        seen.aliases.forEach((alias) => Alias.parse(alias));
        Hardware.nullable().parse(seen.hardware);
        Instant.schema.nullable().parse(seen.bootAt);
      }
    }),
    { numRuns: 500 },
  );
});

it('K2: has no path where the name of a place on it cannot be read', () => {
  const hidden = placesOf([
    place('Datacenter', 'datacenter-2', 'DC'),
    { ref: { type: 'Folder', id: 'group-v9' }, values: { parent: value('<val type="Datacenter">datacenter-2</val>') } },
  ]);
  expect([hidden.path('group-v9', 'a'), hidden.datacenter('group-v9')]).toEqual([null, 'DC']);
});

it('writes names as people do', () => expect(nameOf('a%2fb%5Cc%25d%20')).toBe('a/b\\c%d%20'));
