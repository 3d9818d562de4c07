// A machine of a cluster in Drover's words. What identity and power say is shown, the rest may be null. Never: throw for an
// odd machine.
import * as z from 'zod';
import { GuestTools, Hardware, identityAliases, type ConnectionId, type ReadMoment } from '@drover/kernel';
import type { Machine } from '@drover/ports';

const count = z.coerce.number().int();
const flag = z.unknown().transform((value) => value === 1 || value === '1' || value === true);

/** A machine in the listing of a cluster. Containers stand there, too; they are not ours. */
export const ResourceRow = z.object({
  id: z.string().min(1).max(253),
  vmid: count,
  node: z.string().min(1),
  name: z.string().min(1).max(253).optional(),
  status: z.string(),
  lock: z.string().optional(),
  template: flag,
  maxcpu: count.optional(),
  maxmem: count.optional(),
});
export type ResourceRow = z.output<typeof ResourceRow>;

/** What its node says of a machine now. `agent`: whether the guest agent is enabled, not whether it answers. */
export const Current = z.object({
  status: z.enum(['running', 'stopped']),
  qmpstatus: z.string().optional(),
  lock: z.string().optional(),
  uptime: count.optional(),
  agent: flag,
});
export type Current = z.output<typeof Current>;

/** The configuration of a machine: texts and numbers by their names. */
export const Config = z.record(z.string(), z.unknown());
export type Config = z.output<typeof Config>;

/** The power of a machine. One that sleeps on disk is stopped with a lock; one that is paused runs all the same. */
export const powerOf = ({ status, qmpstatus, lock }: Current): Machine['power'] => {
  if (status === 'stopped') return lock === 'suspended' ? 'suspended' : 'poweredOff';
  return qmpstatus === 'paused' || qmpstatus === 'suspended' ? 'suspended' : 'poweredOn';
};

/** Whether the guest can be asked. `answers`: what the agent's ping said, of a machine that runs and has one enabled. */
export const toolsOf = ({ status, agent }: Current, answers: boolean) => {
  if (!agent) return GuestTools.absent;
  return status === 'running' && answers ? GuestTools.running : GuestTools.stopped;
};

const textOf = (value: unknown) => (typeof value === 'string' ? value : '');

/** The members of `a=b,c=d`, the form of most settings. */
const membersOf = (text: unknown): Readonly<Record<string, string>> =>
  Object.fromEntries(
    textOf(text)
      .split(',')
      .map((part) => part.split('=', 2) as [string, string]),
  );

/** The stable identity: the UUID that the guest's firmware shows. It stays when a machine moves to another node. */
export const keyOf = (config: Config): string | null => {
  const uuid = z.guid().toLowerCase().safeParse(membersOf(config['smbios1'])['uuid']);
  return uuid.success ? uuid.data : null;
};

const BYTES: Readonly<Record<string, number>> = { K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };
const bytesOf = (size: string | undefined) => {
  const [, amount, unit = ''] = /^(\d+(?:\.\d+)?)([KMGT]?)$/.exec(size ?? '') ?? [];
  return amount === undefined ? null : Math.round(Number(amount) * (BYTES[unit] ?? 1));
};

const disksOf = (config: Config) =>
  Object.entries(config).flatMap(([id, text]) => {
    const capacityBytes = bytesOf(membersOf(text)['size']);
    if (!/^(scsi|virtio|sata|ide)\d+$/.test(id) || capacityBytes === null) return [];
    return [{ id, label: id, capacityBytes, path: textOf(text).split(',')[0] ?? null }];
  });

const networksOf = (config: Config) =>
  Object.entries(config).flatMap(([label, text]) => {
    if (!/^net\d+$/.test(label)) return [];
    const { bridge, ...card } = membersOf(text);
    const macAddress = Object.values(card).find((value) => /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(value)) ?? null;
    return [{ label, network: bridge ?? null, macAddress }];
  });

/** What a machine is made of; null when the listing does not say enough. */
export const hardwareOf = (row: ResourceRow, config: Config, { observedAt }: ReadMoment): Hardware | null => {
  const hardware = Hardware.safeParse({
    ...{ cpus: row.maxcpu, memoryBytes: row.maxmem, os: textOf(config['ostype']), toolsVersion: null },
    ...{ path: null, datacenter: null, host: row.node, addresses: [], observedAt },
    ...{ disks: disksOf(config), networks: networksOf(config) },
  });
  return hardware.success ? hardware.data : null;
};

/** What of a machine does not depend on whether its node can be reached. */
export const shownOf = (connection: ConnectionId, row: ResourceRow, key: string) => ({
  ...{ key, name: row.name ?? row.id, template: row.template, bootAt: null },
  aliases: identityAliases(connection, { key, ref: row.id }),
});
