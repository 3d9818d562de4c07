import * as z from 'zod';
import { all, at, text, textAt, typeOf, type Xml } from './xml.vsphere.js';

const Disk = z.object({
  id: z.string(),
  label: z.string(),
  capacityBytes: z.coerce.number().int(),
  path: z.string().nullable(),
});
const Nic = z.object({
  label: z.string(),
  network: z.string().nullable(),
  port: z.string().nullable(),
  macAddress: z.string(),
});

/**
 * What is read of a machine once, not streamed: its devices and addresses. `port`: a network that only has a reference.
 */
export interface Details {
  readonly disks: readonly z.output<typeof Disk>[];
  readonly nics: readonly z.output<typeof Nic>[];
  readonly addresses: readonly string[];
}

/** A machine of which no more was read. */
export const NO_DETAILS: Details = { disks: [], nics: [], addresses: [] };

/** The properties that hold them. */
export const DETAILS = ['config.hardware.device', 'guest.net'] as const;

const diskOf = (device: Xml) => {
  const [bytes, kilobytes] = [textAt(device, 'capacityInBytes'), textAt(device, 'capacityInKB')];
  return Disk.parse({
    id: textAt(device, 'key'),
    label: textAt(device, 'deviceInfo', 'label') ?? '',
    capacityBytes: bytes ?? Number(kilobytes) * 1024,
    path: textAt(device, 'backing', 'fileName') ?? null,
  });
};
const nicOf = (device: Xml) =>
  Nic.parse({
    label: textAt(device, 'deviceInfo', 'label') ?? '',
    network: textAt(device, 'backing', 'deviceName') ?? null,
    port: textAt(device, 'backing', 'port', 'portgroupKey') ?? null,
    macAddress: textAt(device, 'macAddress'),
  });

/** Reads both. Kinds of network cards are many; what they have in common is an address. */
export const detailsOf = (values: Readonly<Record<string, Xml>>): Details => {
  const devices = all(values['config.hardware.device'], 'VirtualDevice');
  const cards = all(values['guest.net'], 'GuestNicInfo');
  return {
    disks: devices.filter((device) => typeOf(device) === 'VirtualDisk').map(diskOf),
    nics: devices.filter((device) => at(device, 'macAddress') !== undefined).map(nicOf),
    addresses: cards.flatMap((card) => all(card, 'ipAddress').flatMap((address) => text(address) || [])),
  };
};
