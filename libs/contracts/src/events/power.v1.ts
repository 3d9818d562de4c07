// The data of power's public events, version 1: one schema for each name. Never: remove, rename or retype a member, or make
// an optional one required; stored events and clients have the old shape. A new meaning takes a new name or a v2.
import * as z from 'zod';
import { BulkId, ConnectionId, Instant, Mode, PowerState, Tools, VmId } from '@drover/kernel';
import { readMembers } from '../read-members.js';

const op = z.int().positive();
const deadline = Instant.schema;
const from = {
  scheduleId: z.string().nullable(),
  bulkId: BulkId.schema.nullable(),
};
const done = { durationSeconds: z.int(), observedAt: Instant.schema, ...readMembers };
const took = { durationSeconds: z.int().exactOptional().meta({ description: 'since it was requested' }) };
const ended = z.object({ op, lastObserved: PowerState, ...took });

/** What power can be asked for one machine. */
export const PowerAction = z.enum(['power-on', 'power-off', 'restart']);
/** How a machine came to be off. */
export const OffMethod = z.enum(['graceful', 'forced', 'already-off']);
/** By what a restart is verified. */
export const RestartProof = z.enum(['boot', 'uptime', 'task', 'tools']).meta({
  description:
    'a boot later than the one before, an uptime lower than the one before, the task of the provider, or guest tools that stopped and came back',
});
/** What a person said of an outcome that nobody could read. */
export const MarkedOutcome = z.enum(['succeeded', 'failed']);

/** What power tells everyone: the data of each event, by its name. Within v1 members are only added. */
export const powerEvents = {
  'power-off-requested': z.object({
    op,
    mode: Mode,
    deadline,
    gracefulUntil: Instant.schema.nullable(),
    runId: z.string().nullable(),
    ...from,
  }),
  'power-on-requested': z.object({
    op,
    waitForTools: z.boolean(),
    deadline,
    runId: z.string().nullable(),
    ...from,
    earlier: op.exactOptional().meta({
      description: 'the operation that was cancelled after its guest was asked to stop, which it may still do',
    }),
  }),
  'restart-requested': z.object({ op, mode: Mode, deadline, alarmId: z.string().nullable(), ...from }),
  'power-off-escalated': z.object({
    op,
    cause: z.enum(['tools_absent', 'graceful_failed', 'graceful_timed_out']),
    code: z.string().nullable(),
  }),
  'vm-powered-off': z.object({ op, method: OffMethod, previousState: PowerState, ...done }),
  'vm-powered-on': z.object({ op, previousState: PowerState, tools: Tools, ...done }),
  'vm-restarted': z.object({
    op,
    method: z.enum(['graceful', 'forced']),
    ...done,
    proof: RestartProof.exactOptional(),
    task: z.string().exactOptional().meta({ description: 'the task of the provider that ended in success' }),
    bootAt: Instant.schema.exactOptional().meta({ description: 'by the clock of the provider' }),
    uptimeSeconds: z.int().exactOptional(),
  }),
  'power-operation-refused': z.object({ op, code: z.string(), detail: z.string(), ...took }),
  'power-operation-failed': z.object({ op, code: z.string(), detail: z.string(), lastObserved: PowerState, ...took }),
  'power-operation-expired': ended,
  'power-operation-unknown': ended,
  'power-operation-cancelled': z.object({
    op,
    step: z.string(),
    cancelledAt: Instant.schema.exactOptional(),
    guestAsked: z
      .literal(true)
      .exactOptional()
      .meta({ description: 'the guest was asked before, and may still do it' }),
    ...took,
  }),
  'power-operation-marked': z.object({ op, outcome: MarkedOutcome }),
  'bulk-requested': z.object({
    op,
    action: PowerAction,
    mode: Mode.nullable(),
    targetIds: z.array(VmId.schema).readonly(),
  }),
  'bulk-finished': z.object({
    op,
    outcome: z.enum(['completed', 'completed_with_errors']),
    succeeded: z.int(),
    failed: z.int(),
  }),
  'connection-sign-in-refused': z.object({ connectionId: ConnectionId.schema, revision: z.int() }),
} as const;
