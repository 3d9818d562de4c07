// The data of inventory's public events, version 1: one schema for each name. Never: remove, rename or retype a member, or
// make an optional one required; stored events and clients have the old shape. A new meaning takes a new name or a v2.
import * as z from 'zod';
import {
  Alias,
  ConnectionId,
  ConnectionKind,
  ConnectionState,
  CredentialRef,
  GroupId,
  Hardware,
  Instant,
  PowerState,
  Tls,
  Tools,
  VmId,
} from '@drover/kernel';
import { Labels } from '../http/vm.js';
import { readMembers } from '../read-members.js';

const aliases = z.array(Alias).readonly();
const template = z.boolean().exactOptional().meta({ description: 'whether it is a template now; absent: as it was' });
const groupIds = z.array(GroupId.schema).readonly();
const connection = z.object({
  name: z.string(),
  kind: ConnectionKind.schema,
  url: z.string().nullable(),
  region: z.string().nullable(),
  credentialRef: CredentialRef.nullable(),
  tls: Tls,
  allow: z.array(z.string()).readonly(),
  groupIds,
  revision: z.int(),
});

/** What inventory tells everyone: the data of each event, by its name. Within v1 members are only added. */
export const inventoryEvents = {
  'vm-discovered': z.object({
    connectionId: ConnectionId.schema,
    aliases,
    name: z.string(),
    groupIds,
    hardware: Hardware,
    template,
  }),
  'vm-registered': z.object({
    connectionId: ConnectionId.schema.nullable(),
    aliases,
    name: z.string(),
    groupIds,
    template,
  }),
  'vm-aliased': z.object({ alias: Alias }),
  'vm-described': z.object({ name: z.string().nullable(), hardware: Hardware, template, ...readMembers }),
  'vm-edited': z.object({
    displayName: z.string().nullable(),
    description: z.string().nullable(),
    labels: Labels.nullable(),
  }),
  'vm-power-observed': z.object({
    power: PowerState,
    tools: Tools,
    observedAt: Instant.schema,
    bootAt: Instant.schema.nullable(),
    connectionState: z
      .string()
      .exactOptional()
      .meta({ description: 'how its provider reaches it, when it does not, such as `disconnected`' }),
    ...readMembers,
    after: z
      .object({ stream: z.string(), sequence: z.int() })
      .exactOptional()
      .meta({ description: 'the verdict of a power operation that this reading was made after' }),
  }),
  'vm-went-missing': z.object({ lastSeenAt: Instant.schema }),
  'vm-seen-again': z.object({ lastSeenAt: Instant.schema }),
  'vm-merged': z.object({
    intoVmId: VmId.schema.meta({ description: 'the machine that it turned out to be; `vm-retired` follows at once' }),
  }),
  'vm-retired': z.object({ cause: z.enum(['gone', 'by_hand', 'terminated', 'merged']) }),
  'connection-added': connection,
  'connection-changed': connection,
  'connection-sign-in-failed': z.object({ service: z.string(), revision: z.int() }),
  'connection-sign-in-reset': z.object({ revision: z.int() }),
  'connection-state-changed': z.object({ from: ConnectionState, to: ConnectionState, code: z.string().nullable() }),
  'connection-refresh-requested': z.object({
    op: z.int(),
    importIds: z.array(z.string()).readonly().nullable(),
    importAll: z.boolean(),
    deadline: Instant.schema,
  }),
  'connection-refreshed': z.object({
    op: z.int().nullable(),
    seen: z.int(),
    added: z.int(),
    changed: z.int(),
    missing: z.int(),
    complete: z.boolean(),
    skipped: z
      .array(
        z.object({
          ref: z.string(),
          name: z.string().nullable(),
          why: z.string(),
          vmId: VmId.schema.nullable().meta({ description: 'the machine of the fleet that it is, when that is known' }),
        }),
      )
      .readonly()
      .exactOptional()
      .meta({ description: 'machines that are there and cannot be shown; 100 at most' }),
    skippedCount: z.int().exactOptional().meta({ description: 'how many there are' }),
    unread: z.array(VmId.schema).readonly().exactOptional().meta({
      description:
        'further machines of the fleet that could not be read, where skipped does not name all; 1,000 at most',
    }),
    unreadCount: z
      .int()
      .exactOptional()
      .meta({ description: 'how many machines of the fleet could not be read, where skipped does not name all' }),
  }),
  'connection-refresh-failed': z.object({ op: z.int(), code: z.string(), detail: z.string() }),
  'connections-configured': z.object({
    connectionIds: z
      .array(ConnectionId.schema)
      .readonly()
      .meta({ description: 'all of them; each was told of before' }),
  }),
} as const;
