import {
  Instant,
  VmId,
  type Alias,
  type ConnectionId,
  type Hardware,
  type PowerState,
  type Tools,
} from '@drover/kernel';
import { chanceOf, pick, uuidOf, type Chance } from './chance.simulator.js';

/** A site that answers never says `unknown`. */
export type Power = Exclude<PowerState, 'unknown'>;

/** What a machine is before anybody touches it, the tools as they are once its guest runs. */
export interface Blueprint {
  readonly vmId: VmId;
  readonly connectionId: ConnectionId;
  readonly instanceUuid: string;
  readonly name: string;
  readonly aliases: readonly Alias[];
  readonly hardware: Omit<Hardware, 'observedAt'>;
  readonly power: Power;
  readonly tools: Tools;
  readonly bootAt: Instant;
  /** Whether the guest does what it is asked, and how long it takes when that is not left to chance. */
  readonly guest: { readonly obeys: boolean; readonly shutdownMs: number | null };
}

/** What may be out of the ordinary about a machine. */
export type Profile = Partial<Pick<Blueprint, 'power' | 'tools' | 'guest'>>;

/** Where a machine stands: `site` counts the sites, `index` the machines of one. */
export interface RackSlot {
  readonly seed: string | number;
  readonly connectionId: ConnectionId;
  readonly site: number;
  readonly index: number;
  readonly name: string;
}

const GiB = 2 ** 30;
const systems = [
  'Debian GNU/Linux 12 (64-bit)',
  'Ubuntu Linux (64-bit)',
  'Red Hat Enterprise Linux 9 (64-bit)',
  'Microsoft Windows Server 2022 (64-bit)',
] as const;
const networks = ['VLAN 253 - EXAMPLE-DMZ', 'VLAN 110 - EXAMPLE-APPS', 'VLAN 120 - EXAMPLE-DATA'] as const;
const two = (n: number) => String(n).padStart(2, '0');

const disksOf = ({ name, index }: RackSlot, chance: Chance): Hardware['disks'] =>
  Array.from({ length: 1 + Math.floor(chance() * 3) }, (_, i) => ({
    id: `disk-${2000 + i}`,
    label: `Hard disk ${i + 1}`,
    capacityBytes: pick([20, 40, 80, 160, 500], chance) * GiB,
    path: `[datastore-${two((index % 4) + 1)}] ${name}/${name}${i === 0 ? '' : `_${i}`}.vmdk`,
  }));

/** The range that vCenter hands out begins at 00:50:56:80; each site has a quarter of it. */
const macOf = ({ site, index }: RackSlot) =>
  `00:50:56:${(0x80_00_00 + site * 0x10_00_00 + index).toString(16)}`.replace(/(..)(..)(..)$/, '$1:$2:$3');

/** Documentation's own addresses. There are 254 to a site, so a larger fleet shares them. */
const addressOf = ({ site, index }: RackSlot) => `${['203.0.113', '198.51.100'][site % 2]}.${(index % 254) + 1}`;

/** Makes a machine of average make, its chance decided by seed, site and name: it stays itself when the fleet grows. */
export const blueprintOf = (slot: RackSlot, profile: Profile = {}): Blueprint => {
  const { seed, connectionId, name, index } = slot;
  const chance = chanceOf(seed, connectionId, name);
  const instanceUuid = uuidOf('50', 'instance', seed, connectionId, name);
  const cpus = pick([1, 2, 2, 4, 4, 8, 16], chance);
  const tools = profile.tools ?? 'toolsOk';
  return {
    vmId: VmId.ofInstance(connectionId, instanceUuid),
    connectionId,
    instanceUuid,
    name,
    aliases: aliasesOf(connectionId, instanceUuid, uuidOf('42', 'bios', seed, connectionId, name), index),
    hardware: {
      cpus,
      memoryBytes: cpus * pick([2, 4, 8], chance) * GiB,
      os: pick(systems, chance),
      toolsVersion: tools === 'toolsNotInstalled' ? null : tools === 'toolsOld' ? '10.3.23' : '12.4.5',
      path: `/ExampleDC/vm/${name}`,
      datacenter: 'ExampleDC',
      host: `esx-${two((index % 8) + 1)}.${connectionId}.example.test`,
      addresses: tools === 'toolsNotInstalled' ? [] : [addressOf(slot)], // without tools nobody knows them
      disks: disksOf(slot, chance),
      networks: [{ label: 'Network adapter 1', network: pick(networks, chance), macAddress: macOf(slot) }],
    },
    power: profile.power ?? 'poweredOn',
    tools,
    bootAt: Instant.plusSeconds(Instant.parse('2025-01-01T00:00:00Z'), Math.floor(chance() * 300 * 86_400)),
    guest: profile.guest ?? { obeys: true, shutdownMs: null },
  };
};

/** What a machine is called at its site. */
export const aliasesOf = (source: ConnectionId, instanceUuid: string, biosUuid: string, index: number): Alias[] => [
  { source, kind: 'instance-uuid', value: instanceUuid },
  { source, kind: 'bios-uuid', value: biosUuid },
  { source, kind: 'moref', value: `vm-${1000 + index}` },
];

/** The same machine under another name. Its disks keep theirs, as at a real site. */
export const renamed = (plan: Blueprint, name: string): Blueprint => ({
  ...plan,
  name,
  hardware: { ...plan.hardware, path: `/ExampleDC/vm/${name}` },
});
