import * as z from 'zod';
import { Instant, type ConnectionId, type ReadMoment } from '@drover/kernel';
import { ProviderFault, type Machine } from '@drover/ports';
import type { Details } from './details.vsphere.js';
import { nameOf, type Places } from './places.vsphere.js';
import { toolsOf } from './tools.vsphere.js';
import { refOf, text, type Xml } from './xml.vsphere.js';

/** The provider's kind of a machine. */
export const MACHINE = 'VirtualMachine';

/**
 * What is read of every machine, and streamed. Nothing that changes by itself: `quickStats` would wake us every 20 s.
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
  'runtime.host',
  'summary.runtime.bootTime',
] as const;

/** The streamed properties as text; of a reference its id. */
export type Scalars = Readonly<Record<string, string>>;

/** Takes the text of each value. */
export const scalarsOf = (values: Readonly<Record<string, Xml>>): Scalars =>
  Object.fromEntries(Object.entries(values).map(([path, value]) => [path, refOf(value)?.id ?? text(value) ?? '']));

const Read = z.object({
  name: z.string().min(1),
  parent: z.string().optional(),
  'config.instanceUuid': z.guid().toLowerCase(),
  'config.uuid': z.guid().toLowerCase().optional(),
  'config.hardware.numCPU': z.coerce.number().int(),
  'config.hardware.memoryMB': z.coerce.number().int(),
  'config.guestFullName': z.string().default(''),
  'guest.toolsStatus': z.string().optional(),
  'guest.toolsRunningStatus': z.string().optional(),
  'guest.toolsVersionStatus2': z.string().optional(),
  'guest.toolsVersion': z.string().optional(),
  'guest.ipAddress': z.string().optional(),
  'runtime.powerState': z.enum(['poweredOn', 'poweredOff', 'suspended']),
  'runtime.host': z.string().optional(),
  'summary.runtime.bootTime': Instant.schema.optional(),
});
type Read = z.output<typeof Read>;

const read = (id: string, scalars: Scalars): Read => {
  const result = Read.safeParse(scalars);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const path = issue?.path.join('.') ?? '';
  throw new ProviderFault(
    'provider_error',
    `${id}: ${path} is ${JSON.stringify(scalars[path] ?? null)}: ${issue?.message}`,
  );
};

const hardwareOf = (from: Read, details: Details, places: Places, observedAt: Instant): Machine['hardware'] => {
  const first = from['guest.ipAddress'];
  return {
    cpus: from['config.hardware.numCPU'],
    memoryBytes: from['config.hardware.memoryMB'] * 1024 * 1024,
    os: from['config.guestFullName'],
    toolsVersion: from['guest.toolsVersion'] || null,
    path: places.path(from.parent, from.name),
    datacenter: places.datacenter(from.parent),
    host: places.name(from['runtime.host']),
    addresses: [...new Set([...(first ? [first] : []), ...details.addresses])],
    disks: details.disks,
    networks: details.nics.map(({ label, network, port, macAddress }) => ({
      label,
      macAddress,
      network: network ?? places.name(port ?? undefined),
    })),
    observedAt,
  };
};

/** What stands around a machine. */
export interface Surroundings {
  readonly connection: ConnectionId;
  readonly places: Places;
}

/**
 * The provider's machine in ours. Nothing for a template, and for one without a configuration, which has no identity:
 * while it is made or removed, or when its storage is gone.
 */
export const machineOf = (
  id: string,
  [scalars, details]: readonly [Scalars, Details],
  { connection, places }: Surroundings,
  moment: ReadMoment,
): Machine | null => {
  if (scalars['config.template'] === 'true' || !scalars['config.instanceUuid']) return null;
  const from = read(id, scalars);
  const [instanceUuid, biosUuid] = [from['config.instanceUuid'], from['config.uuid']];
  const alias = (kind: Machine['aliases'][number]['kind'], value: string) => ({ source: connection, kind, value });
  return {
    instanceUuid,
    name: nameOf(from.name),
    aliases: [
      alias('instance-uuid', instanceUuid),
      ...(biosUuid ? [alias('bios-uuid', biosUuid)] : []),
      alias('moref', id),
    ],
    hardware: hardwareOf(from, details, places, moment.observedAt),
    power: from['runtime.powerState'],
    tools: toolsOf({
      status: from['guest.toolsStatus'],
      version: from['guest.toolsVersionStatus2'],
      running: from['guest.toolsRunningStatus'],
    }),
    bootAt: from['summary.runtime.bootTime'] ?? null,
    ...moment,
  };
};
