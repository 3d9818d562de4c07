// A machine of vCenter in Drover's words. Instance UUID and power are required; without them the machine is skipped, with a
// reason. Never: throw for an odd machine, which would take the listing of all others down; and never watch a property that
// changes by itself.
import * as z from 'zod';
import {
  Hardware,
  Instant,
  KEY_ALIAS,
  REF_ALIAS,
  type Alias,
  type ConnectionId,
  type ReadMoment,
} from '@drover/kernel';
import type { Machine, SkippedMachine } from '@drover/ports';
import { countOf, type DeviceDetails } from './details.vsphere.js';
import { nameOf, type Places } from './places.vsphere.js';
import type { ObjectContent } from '../soap/properties.vsphere.js';
import { cutText, shownText } from '../session/shown-text.vsphere.js';
import { toolsOf } from './tools.vsphere.js';
import { refOf, text } from '../soap/xml.vsphere.js';

/** The provider's kind of a machine. */
export const MACHINE = 'VirtualMachine';

/**
 * What is read of every machine, and watched. Nothing that changes by itself: `quickStats` would wake us every 20 s.
 */
export const STREAMED = [
  'name',
  'parent',
  'config.instanceUuid',
  'config.uuid',
  'config.template',
  'config.changeVersion',
  'config.hardware.numCPU',
  'config.hardware.memoryMB',
  'config.guestFullName',
  'guest.toolsStatus',
  'guest.toolsRunningStatus',
  'guest.toolsVersionStatus2',
  'guest.toolsVersion',
  'guest.ipAddress',
  'runtime.powerState',
  'runtime.connectionState',
  'runtime.host',
  'summary.runtime.bootTime',
] as const;
type Path = (typeof STREAMED)[number];

/** The longest value of an alias, and the longest name that is kept. */
const LONGEST = 253;

const Guid = z.guid().toLowerCase();
const Power = z.enum(['poweredOn', 'poweredOff', 'suspended']);

/** What is not set is not judged: an answer may name very many machines without anything. */
const readAs = <Schema extends z.ZodType>(schema: Schema, written: string | undefined): z.output<Schema> | null => {
  if (written === undefined) return null;
  const read = schema.safeParse(written);
  return read.success ? read.data : null;
};

/** What stands around a machine. */
export interface Surroundings {
  readonly connection: ConnectionId;
  readonly places: Places;
}

/** The text of a property; of a reference its id. */
const scalar = ({ values }: ObjectContent, path: Path) => refOf(values[path])?.id ?? text(values[path]);

const networksOf = ({ nics }: DeviceDetails, places: Places): Hardware['networks'] =>
  nics.map(({ label, network, networkRef, macAddress }) => ({
    label: shownText(label),
    macAddress,
    network: network === null ? places.name(networkRef?.id) : shownText(network),
  }));

const MiB = 1024 * 1024;

/** What a machine is made of; null when any of it cannot be read, or makes no sense. */
const hardwareOf = (
  found: ObjectContent,
  details: DeviceDetails | null,
  places: Places,
  observedAt: Instant,
): Hardware | null => {
  const [cpus, megabytes] = [
    countOf(scalar(found, 'config.hardware.numCPU')),
    countOf(scalar(found, 'config.hardware.memoryMB')),
  ];
  if (!details || !cpus || !megabytes) return null;
  const [first, parent] = [scalar(found, 'guest.ipAddress'), scalar(found, 'parent')];
  const hardware = Hardware.safeParse({
    cpus,
    memoryBytes: megabytes * MiB,
    os: shownText(scalar(found, 'config.guestFullName') ?? ''),
    toolsVersion: scalar(found, 'guest.toolsVersion') || null,
    path: places.path(parent, scalar(found, 'name') ?? ''),
    datacenter: places.datacenter(parent),
    host: places.name(scalar(found, 'runtime.host')),
    addresses: [...new Set([...(first ? [first] : []), ...details.addresses])],
    disks: details.disks.map((disk) => ({ ...disk, label: shownText(disk.label) })),
    networks: networksOf(details, places),
    observedAt,
  });
  return hardware.success ? hardware.data : null;
};

/** What is wrong with a property that nothing can be said of a machine without. */
const wrong = (found: ObjectContent, path: Path) => {
  const [fault, value] = [found.missing?.[path], scalar(found, path)];
  if (fault !== undefined) return `${path} cannot be read: ${fault}`;
  if (!value) return `${path} is not set`;
  // Whole or not at all: what is cut in the middle of a secret would not be known as one.
  return `${path} is ${value.length > 100 ? `a text of ${value.length} characters` : JSON.stringify(value)}`;
};

/** The name as people write it; the reference stands for one that cannot be read. */
const labelOf = (found: ObjectContent) => {
  const label = nameOf(scalar(found, 'name') ?? '');
  return label === '' ? null : cutText(label, LONGEST);
};

/** A machine that cannot be shown, and why. */
export const skippedOf = (found: ObjectContent, why: string): SkippedMachine => {
  const instanceUuid = readAs(Guid, scalar(found, 'config.instanceUuid'));
  return { ref: found.ref.id.slice(0, LONGEST), key: instanceUuid, name: labelOf(found), why };
};

/**
 * The provider's machine in ours. Whatever is odd about it: what its identity and its power say is shown, else it is
 * skipped; it never throws.
 */
export const machineOf = (
  found: ObjectContent,
  details: DeviceDetails | null,
  { connection, places }: Surroundings,
  moment: ReadMoment,
): Machine | SkippedMachine => {
  const { id } = found.ref;
  if (id === '' || id.length > LONGEST) return skippedOf(found, 'it has no reference that can be used');
  const instanceUuid = readAs(Guid, scalar(found, 'config.instanceUuid'));
  if (instanceUuid === null) return skippedOf(found, wrong(found, 'config.instanceUuid'));
  const power = readAs(Power, scalar(found, 'runtime.powerState'));
  if (power === null) return skippedOf(found, wrong(found, 'runtime.powerState'));
  const bios = readAs(Guid, scalar(found, 'config.uuid'));
  const alias = (kind: Alias['kind'], value: string) => ({ source: connection, kind, value });
  return {
    key: instanceUuid,
    name: labelOf(found) ?? id,
    aliases: [
      alias(KEY_ALIAS, instanceUuid),
      ...(bios === null ? [] : [alias('bios-uuid', bios)]),
      alias(REF_ALIAS, id),
    ],
    hardware: hardwareOf(found, details, places, moment.observedAt),
    power,
    tools: toolsOf({
      status: scalar(found, 'guest.toolsStatus'),
      version: scalar(found, 'guest.toolsVersionStatus2'),
      running: scalar(found, 'guest.toolsRunningStatus'),
    }),
    bootAt: readAs(Instant.schema, scalar(found, 'summary.runtime.bootTime')),
    connectionState: scalar(found, 'runtime.connectionState') || 'connected',
    template: scalar(found, 'config.template') === 'true',
    ...moment,
  };
};
