// Long work as the API shows it: states, evidence, steps, links. The record is computed elsewhere; this is its shape. Never:
// add a state that shows an unread outcome as success: what nobody could read is `unknown`.
import * as z from 'zod';
import { Instant, OperationId, PowerState, Tools } from '@drover/kernel';
import { PowerAction, RestartProof } from '../events/power.v1.js';
import { Cursor } from './page.js';
import { Problem } from './problems.js';

/** What can be done with an operation. */
export const OperationVerb = z.enum(['cancel', 'check', 'mark', 'run-again']);
/** One of the verbs that an operation takes. */
export type OperationVerb = z.output<typeof OperationVerb>;

/** What long work there is: each by the command that begins it. */
export const OperationKind = z.enum([
  ...PowerAction.options.map((verb) => `vm.${verb}` as const),
  ...(['bulk.start', 'connection.refresh'] as const),
]);
/** One of the kinds of long work. */
export type OperationKind = z.output<typeof OperationKind>;

/** Where long work stands. `unknown`: nobody could read what came of it; never shown as success. */
export const OperationState = z.enum([
  'queued',
  'running',
  'waiting',
  'succeeded',
  'failed',
  'cancelled',
  'expired',
  'unknown',
]);
/** One of the states of long work. */
export type OperationState = z.output<typeof OperationState>;

const ENDED: readonly OperationState[] = ['succeeded', 'failed', 'cancelled', 'expired', 'unknown'];

/** Whether nothing more will happen by itself. */
export const hasEnded = ({ state }: { readonly state: OperationState }) => ENDED.includes(state);

const instant = Instant.schema.nullable();
const attempt = z.object({
  step: z.string(),
  attempt: z.int(),
  startedAt: Instant.schema,
  endedAt: instant,
  outcome: z.enum(['running', 'succeeded', 'failed', 'unknown']),
  code: z.string().nullable(),
  detail: z.string().nullable(),
});

/** Why the outcome is believed: what was tried, what was read, in order. */
export const Evidence = z.object({
  method: z.enum(['graceful', 'forced', 'already-off', 'already-on']).nullable(),
  previousState: PowerState,
  newState: PowerState,
  attempts: z.array(attempt).readonly(),
  observations: z
    .array(
      z.object({
        at: Instant.schema,
        power: PowerState,
        tools: Tools,
        source: z.enum(['provider', 'agent', 'operator']),
      }),
    )
    .readonly(),
  firstError: z.object({ code: z.string(), detail: z.string() }).nullable(),
  escalation: z.string().nullable(),
  durationSeconds: z.int().nullable(),
  verifiedAt: instant.meta({ description: 'null: the outcome was not verified' }),
  proof: RestartProof.exactOptional(),
  guestAskedAt: Instant.schema
    .exactOptional()
    .meta({ description: 'of a cancelled operation: when the guest was asked, which may still do it' }),
  earlier: OperationId.schema.exactOptional().meta({
    description:
      'of a power-on: the operation that was cancelled after its guest was asked to stop, which it may still do',
  }),
  note: z.string().exactOptional().meta({ description: 'what follows from it, in a sentence for people' }),
});
/** What was read around the change of an operation, as an answer carries it. */
export type Evidence = z.output<typeof Evidence>;

const step = z.object({
  name: z.string(),
  state: z.enum(['running', 'succeeded', 'failed', 'unknown']),
  attempts: z.int(),
  startedAt: instant,
  endedAt: instant,
  nextAttemptAt: instant,
  code: z.string().nullable(),
});
const target = z.object({ type: z.string(), id: z.string(), name: z.string() });

/** Long work as a client sees it: where it stands, what was tried, what was seen. Unknown numbers are null. */
export const Operation = z.object({
  id: OperationId.schema,
  kind: OperationKind.meta({ description: 'the command that began it' }),
  target,
  parent: OperationId.schema.nullable(),
  state: OperationState,
  phase: z.string().nullable(),
  steps: z.array(step).readonly(),
  progress: z.object({
    percent: z.number().nullable(),
    bytesDone: z.int().nullable(),
    bytesTotal: z.int().nullable(),
    bytesPerSecond: z.int().nullable(),
    etaSeconds: z.int().nullable(),
    etaConfidence: z.enum(['none', 'low', 'high']),
  }),
  condition: z.enum(['moving', 'stalled', 'unknown']).nullable(),
  conditionSince: instant,
  attempts: z.int(),
  deadline: instant,
  reason: z.string().nullable().meta({ description: 'why, in the words of whoever asked; not known to a list' }),
  requestedBy: z.string(),
  requestedAt: Instant.schema,
  endedAt: instant,
  position: Cursor.exactOptional().meta({
    description: 'of the event that ended it, for min-position; absent before, and while the views do not have it',
  }),
  items: z
    .array(
      z.object({
        target,
        state: OperationState,
        operation: OperationId.schema.nullable(),
        error: Problem.nullable(),
      }),
    )
    .readonly()
    .nullable()
    .meta({ description: 'of a bulk, in the order they were named; null in a list' }),
  evidence: Evidence.nullable(),
  result: z.record(z.string(), z.unknown()).nullable(),
  error: Problem.nullable(),
  nextActions: z.array(OperationVerb).readonly(),
  links: z.object({
    self: z.string(),
    target: z.string(),
    events: z.string(),
    facts: z.string(),
    cancel: z.string().nullable(),
    rollback: z.string().nullable(),
  }),
});
/** An operation as an answer carries it. */
export type Operation = z.output<typeof Operation>;

/** The progress of work that moves no bytes. */
export const NO_PROGRESS: Operation['progress'] = {
  percent: null,
  bytesDone: null,
  bytesTotal: null,
  bytesPerSecond: null,
  etaSeconds: null,
  etaConfidence: 'none',
};

/** Where an operation is read. */
export const operationPath = (id: OperationId) => `/api/v1/operations/${id}`;

/** The links of an operation; `cancel` only while it can be cancelled. */
export const operationLinks = (id: OperationId, targetPath: string, cancellable: boolean): Operation['links'] => ({
  self: operationPath(id),
  target: targetPath,
  events: `/api/events/stream?operation=${id}`,
  facts: `${operationPath(id)}/facts`,
  cancel: cancellable ? `${operationPath(id)}/cancel` : null,
  rollback: null,
});
