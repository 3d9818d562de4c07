// What a simulated machine is before anybody touches it. Everything is drawn from seed, site and name, so a machine stays
// the same when the fleet grows. Details are made when they are read, not kept. Never: change the order in which `drawn`
// draws; every machine of an existing data directory would become another one.
import {
  GuestTools,
  Instant,
  KEY_ALIAS,
  REF_ALIAS,
  VmId,
  type Alias,
  type ConnectionId,
  type Hardware,
  type Tools,
} from '@drover/kernel';
import type { KnownPower } from '@drover/ports';
import { chanceOf, pick, uuidOf, type Chance } from './chance.simulator.js';

/**
 * What a machine is before anybody touches it, the tools as they are once its guest runs. What else there is of it is made
 * when somebody looks: of a large fleet it would fill the memory, and collecting that would hold up everybody.
 */
export interface Blueprint {
  readonly vmId: VmId;
  readonly connectionId: ConnectionId;
  readonly instanceUuid: string;
  readonly name: string;
  readonly power: KnownPower;
  readonly tools: Tools;
  readonly bootAt: Instant;
  /** Whether the guest does what it is asked, and how long it takes when that is not left to chance. */
  readonly guest: { readonly obeys: boolean; readonly shutdownMs: number | null };
  readonly origin: BlueprintOrigin;
}

/** What a machine's details are made from: where it stands, and what is stated instead. */
export interface BlueprintOrigin {
  readonly slot: RackSlot;
  readonly tools: Tools;
  readonly stated?: { readonly biosUuid: string; readonly hardware: Partial<BlueprintDetails['hardware']> };
}

/** What a site tells of a machine that does not change. */
export interface BlueprintDetails {
  readonly aliases: readonly Alias[];
  readonly hardware: Omit<Hardware, 'observedAt'>;
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
const ORDINARY_GUEST = { obeys: true, shutdownMs: null };
const FIRST_BOOT = Instant.parse('2025-01-01T00:00:00Z');
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
const macOf = ({ site, index }: RackSlot) => {
  const hex = (0x80_00_00 + site * 0x10_00_00 + index).toString(16);
  return `00:50:56:${hex.slice(0, 2)}:${hex.slice(2, 4)}:${hex.slice(4)}`;
};

/** Documentation's own addresses. There are 254 to a site, so a larger fleet shares them. */
const addressOf = ({ site, index }: RackSlot) => `${['203.0.113', '198.51.100'][site % 2]}.${(index % 254) + 1}`;

/** What chance decides of a machine, by seed, site and name. The order of drawing is for ever. */
const drawn = (slot: RackSlot) => {
  const chance = chanceOf(slot.seed, slot.connectionId, slot.name);
  const cpus = pick([1, 2, 2, 4, 4, 8, 16], chance);
  const memoryBytes = cpus * pick([2, 4, 8], chance) * GiB;
  const os = pick(systems, chance);
  const disks = disksOf(slot, chance);
  const network = pick(networks, chance);
  return { cpus, memoryBytes, os, disks, network, bootedFor: Math.floor(chance() * 300 * 86_400) };
};

/** Makes a machine of average make: it stays itself when the fleet grows. */
export const blueprintOf = (slot: RackSlot, profile: Profile = {}, stated?: BlueprintOrigin['stated']): Blueprint => {
  const { seed, connectionId, name } = slot;
  const instanceUuid = uuidOf('50', 'instance', seed, connectionId, name);
  const tools = profile.tools ?? GuestTools.running;
  return {
    vmId: VmId.ofInstance(connectionId, instanceUuid),
    connectionId,
    instanceUuid,
    name,
    power: profile.power ?? 'poweredOn',
    tools,
    bootAt: Instant.plusSeconds(FIRST_BOOT, drawn(slot).bootedFor),
    guest: profile.guest ?? ORDINARY_GUEST,
    origin: { slot, tools, ...(stated && { stated }) },
  };
};

/** What a site calls its machine: the reference counts the machines of one site. */
export const refOf = ({ origin: { slot } }: Blueprint) => `vm-${1000 + slot.index}`;

/** The machine in full. Its disks keep the name that it was made with, as at a real site. */
export const detailsOf = (plan: Blueprint): BlueprintDetails => {
  const { connectionId: source, instanceUuid, origin } = plan;
  const { slot, tools, stated } = origin;
  const { seed, index } = slot;
  const { cpus, memoryBytes, os, disks, network } = drawn(slot);
  const biosUuid = stated?.biosUuid ?? uuidOf('42', 'bios', seed, source, slot.name);
  return {
    aliases: [
      { source, kind: KEY_ALIAS, value: instanceUuid },
      { source, kind: 'bios-uuid', value: biosUuid },
      { source, kind: REF_ALIAS, value: refOf(plan) },
    ],
    hardware: {
      cpus,
      memoryBytes,
      os,
      toolsVersion: tools === GuestTools.absent ? null : tools === GuestTools.outdated ? '10.3.23' : '12.4.5',
      path: `/ExampleDC/vm/${plan.name}`,
      datacenter: 'ExampleDC',
      host: `esx-${two((index % 8) + 1)}.${source}.example.test`,
      addresses: tools === GuestTools.absent ? [] : [addressOf(slot)], // without tools nobody knows them
      disks,
      networks: [{ label: 'Network adapter 1', network, macAddress: macOf(slot) }],
      ...stated?.hardware,
    },
  };
};
