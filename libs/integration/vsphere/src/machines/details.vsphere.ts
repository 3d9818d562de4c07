// Disks, network cards and addresses of a machine, read from the values of its properties. Never: guess a part; a disk
// without a key or a size makes the whole null, and the machine is shown without hardware.
import { all, at, refOf, text, textAt, typeOf, type Ref, type Xml } from '../soap/xml.vsphere.js';

/** Reads a count: digits and nothing else, small enough to be exact. */
export const countOf = (digits: string | undefined): number | null => {
  if (digits === undefined || !/^\d+$/.test(digits)) return null;
  const count = Number(digits);
  return Number.isSafeInteger(count) ? count : null;
};

interface Disk {
  readonly id: string;
  readonly label: string;
  readonly capacityBytes: number;
  readonly path: string | null;
}
interface Nic {
  readonly label: string;
  readonly macAddress: string;
  /** The network as the card names it, and which one it refers to, where it says. */
  readonly network: string | null;
  readonly networkRef: Ref | null;
}

/** The devices and addresses of a machine. */
export interface DeviceDetails {
  readonly disks: readonly Disk[];
  readonly nics: readonly Nic[];
  readonly addresses: readonly string[];
}

/** The properties that hold them. */
export const DETAILS = ['config.hardware.device', 'guest.net'] as const;

const diskOf = (device: Xml): Disk | null => {
  const kilobytes = countOf(textAt(device, 'capacityInKB'));
  const capacityBytes = countOf(textAt(device, 'capacityInBytes')) ?? (kilobytes === null ? null : kilobytes * 1024);
  const id = textAt(device, 'key');
  if (!id || capacityBytes === null || !Number.isSafeInteger(capacityBytes)) return null;
  const label = textAt(device, 'deviceInfo', 'label') ?? '';
  return { id, label, capacityBytes, path: textAt(device, 'backing', 'fileName') ?? null };
};

const nicOf = (device: Xml): Nic => {
  const port = textAt(device, 'backing', 'port', 'portgroupKey');
  return {
    label: textAt(device, 'deviceInfo', 'label') ?? '',
    macAddress: textAt(device, 'macAddress') ?? '',
    network: textAt(device, 'backing', 'deviceName') ?? null,
    networkRef: port
      ? { type: 'DistributedVirtualPortgroup', id: port }
      : (refOf(at(device, 'backing', 'network')) ?? null),
  };
};

const whole = <Part>(parts: readonly (Part | null)[]): parts is readonly Part[] => !parts.includes(null);

/**
 * Reads both; null when a disk makes no sense. Kinds of network cards are many; what they have in common is an
 * address.
 */
export const detailsOf = (values: Readonly<Record<string, Xml>>): DeviceDetails | null => {
  const devices = all(values['config.hardware.device'], 'VirtualDevice');
  const cards = all(values['guest.net'], 'GuestNicInfo');
  const disks = devices.filter((device) => typeOf(device) === 'VirtualDisk').map(diskOf);
  if (!whole(disks)) return null;
  const nics = devices.filter((device) => at(device, 'macAddress') !== undefined).map(nicOf);
  const addresses = cards.flatMap((card) => all(card, 'ipAddress').flatMap((address) => text(address) || []));
  return { disks, nics, addresses };
};
