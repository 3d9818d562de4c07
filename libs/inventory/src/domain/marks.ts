// Short marks by which hardware or a reading is known again without keeping all of it. Never: another way to make one
// without another revision of `vm-directory`, whose rows hold it.
import { hashOf, type Hardware } from '@drover/kernel';
import type { ObservedPower } from './vm.events.js';

/**
 * What a machine is made of in a few bytes: the same for the same hardware, in whatever order its members stand, and
 * whenever it was read.
 */
export const hardwareMark = (hardware: Hardware): string => {
  const { cpus, memoryBytes, os, toolsVersion, path, datacenter, host, addresses, disks, networks } = hardware;
  return hashOf([
    ...[cpus, memoryBytes, os, toolsVersion, path, datacenter, host, addresses],
    disks.map(({ id, label, capacityBytes, path: file }) => [id, label, capacityBytes, file]),
    networks.map(({ label, network, macAddress }) => [label, network, macAddress]),
  ]);
};

/** What a reading of its power says. */
export const readingMark = ({
  power,
  tools,
  bootAt,
  connectionState = '',
}: Pick<ObservedPower, 'power' | 'tools' | 'bootAt' | 'connectionState'>) =>
  [power, tools, bootAt ?? '', connectionState].join(' ');
