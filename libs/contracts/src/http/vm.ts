// A machine as the API shows it, in four dimensions (lifecycle, power, protection, health) that come from different events.
// Never: compute one from another, or fill a member that nobody knows; null and `unknown` are answers.
import * as z from 'zod';
import { Alias, ConnectionId, GroupId, Hardware, Instant, OperationId, PowerState, Tools, VmId } from '@drover/kernel';
import { PowerAction } from '../events/power.v1.js';

/** Words that people hang on a machine. */
export const Labels = z.record(
  z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._/-]{0,62}$/, 'a label begins with a letter or digit, 63 characters at most'),
  z.string().max(255),
);

/** What can be done with a machine; `Vm.actions` says what stands in the way of each. */
export const Verb = z.enum([...PowerAction.options, 'edit', 'retire']);
/** One of the verbs that a machine takes. */
export type Verb = z.output<typeof Verb>;

const Lifecycle = z.object({
  state: z.enum(['expected', 'initializing', 'active', 'retired']),
  since: Instant.schema,
  cause: z.string().nullable(),
});
const Power = z.object({
  state: PowerState,
  tools: Tools,
  lastChangeAt: Instant.schema.nullable(),
  uptimeSeconds: z.int().nullable(),
  heldByRunId: z.string().nullable(),
  desired: z.enum(['on', 'off']).nullable(),
  observedAt: Instant.schema.nullable(),
  lastKnown: z
    .object({ state: PowerState, at: Instant.schema })
    .nullable()
    .meta({ description: 'while its provider cannot reach it: how it was seen last; `state` is unknown then' }),
});
const Protection = z.object({
  state: z.enum([
    'discovered',
    'replicating',
    'ready_for_failover',
    'failed_over_test',
    'failed_over_live',
    'completed',
    'failed',
    'cleanup_required',
  ]),
  jobId: z.string().nullable(),
  runId: z.string().nullable(),
  lastSyncAt: Instant.schema.nullable(),
  rpoSeconds: z.int().nullable(),
  rpoMet: z.boolean().nullable(),
  since: Instant.schema,
});
const Health = z.object({
  state: z.enum(['healthy', 'warning', 'error', 'silent', 'disabled', 'unknown']),
  reasons: z.array(z.object({ code: z.string(), since: Instant.schema })).readonly(),
  lastContactAt: Instant.schema.nullable(),
});

/**
 * Why a machine's row may be out of date: an event of it could not be taken (`parked`), its connection is not up, its
 * provider has lost it (`disconnected`), or the view itself is behind (`age`).
 */
export const StaleReason = z.enum(['parked', 'connection', 'disconnected', 'age']);

/** One machine, in four dimensions that never mix: where it is in its existence, its power, its protection, its health. */
export const Vm = z.object({
  id: VmId.schema,
  name: z.string().meta({ description: 'a label; several machines may have it' }),
  kind: z
    .enum(['machine', 'template'])
    .meta({ description: 'a template cannot be started; it may become a machine again' }),
  aliases: z.array(Alias).readonly(),
  connectionId: ConnectionId.schema.nullable(),
  groupIds: z.array(GroupId.schema).readonly(),
  displayName: z.string().nullable(),
  description: z.string(),
  labels: Labels,
  type: z.enum(['bastion', 'load-balancer', 'kafka', 'elasticsearch', 'workflow', 'server']),
  lifecycle: Lifecycle,
  power: Power,
  protection: Protection,
  health: Health,
  reported: z.object({ status: z.string(), bootId: z.string().nullable(), at: Instant.schema }).nullable(),
  hardware: Hardware.nullable(),
  operations: z.object({ power: OperationId.schema.nullable(), protection: OperationId.schema.nullable() }),
  locked: z.boolean(),
  unclaimed: z.boolean(),
  worker: z.boolean(),
  actions: z
    .partialRecord(Verb, z.string().nullable())
    .exactOptional()
    .meta({ description: 'in the detail only: what stands in the way of each verb; null when nothing does' }),
  asOf: Instant.schema.meta({ description: 'the time up to which the view had been told' }),
  stale: z.boolean().meta({ description: 'the answer may be out of date: see staleReason' }),
  staleReason: StaleReason.exactOptional().meta({ description: 'why it is stale; absent when it is not' }),
  version: z.string().meta({ description: 'the ETag: the last published version of each of its streams' }),
});
/** A machine as an answer carries it. */
export type Vm = z.output<typeof Vm>;

/** A machine with the members that were asked for, or that are known by now. */
export const PartialVm = Vm.partial();

/** Counts of the fleet by each dimension. */
export const FleetSummary = z.object({
  asOf: Instant.schema.meta({ description: 'the time up to which the view had been told' }),
  position: z.string(),
  total: z.int(),
  lifecycle: z.record(z.string(), z.int()),
  power: z.record(z.string(), z.int()),
  protection: z.record(z.string(), z.int()),
  health: z.record(z.string(), z.int()),
  workers: z.record(z.string(), z.int()),
  operations: z.object({ running: z.int(), waiting: z.int(), unknown: z.int(), failed24h: z.int() }),
  alarms: z.record(z.string(), z.int()),
  launches: z.object({ expected: z.int(), registered: z.int(), silent: z.int() }),
  complete: z.boolean(),
  incomplete: z.array(ConnectionId.schema).readonly().meta({ description: 'connections whose discovery is under way' }),
});
/** The counts of the fleet as an answer carries them. */
export type FleetSummary = z.output<typeof FleetSummary>;
