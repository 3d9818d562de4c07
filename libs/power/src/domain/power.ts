import {
  OperationId,
  StreamId,
  VmId,
  type BulkId,
  type Instant,
  type PowerState,
  type RecordedOrder,
  type Seen,
  type Tools,
} from '@drover/kernel';
import type { Call, Cause, Marked } from './steps.js';
import type { PowerRequest } from './power.events.js';

/**
 * How far an open operation is: nothing sent yet; a step begun that may or may not have reached the provider; a call
 * the provider took; a call that may have been taken; a call that surely was not; on, and waiting for the guest tools.
 */
export type Phase =
  | { readonly is: 'asked' }
  | { readonly is: 'started'; readonly step: Call; readonly attempt: number; readonly epoch: number }
  | { readonly is: 'sent'; readonly step: Call; readonly attempt: number; readonly task: string | null }
  | { readonly is: 'unclear'; readonly step: Call; readonly attempt: number; readonly until: Instant | null }
  | {
      readonly is: 'rejected';
      readonly step: Call;
      readonly attempt: number;
      readonly until: Instant | null;
      readonly code: string;
      readonly detail: string;
    }
  | { readonly is: 'waiting'; readonly step: 'start'; readonly attempt: number };

/** The machine as the first look of an operation found it. */
export type Before = { readonly power: PowerState; readonly tools: Tools; readonly bootAt: Instant | null };

/** By what a look tells one run of the machine from the next. */
export type Run = { readonly bootAt: Instant | null; readonly uptimeSeconds: number | null };

/** A guest that was asked to stop by an operation that was cancelled; until its deadline it may still do so. */
export type Stopping = {
  readonly op: number;
  /** How many facts came before its request. */
  readonly asked: number;
  readonly until: Instant;
  readonly bootAt: Instant | null;
};

/** When the last restart was done, or may have been. */
export type Restarted = { readonly at: Instant; readonly proven: boolean };

/** An outcome that nobody could read, until somebody looks again or a person says what came of it. */
export type UnknownOutcome = { readonly op: number; readonly marked: Marked | null };

/** What was seen of a machine last, and where the reading stands among others. */
export type Observed = Seen & RecordedOrder;

/** What a machine's stream remembers from one operation to the next. `op` is the number of the last one. */
export type Past = {
  readonly op: number;
  /** How many facts there are. */
  readonly facts: number;
  readonly seen: Observed | null;
  /** That of the last lease: grows with every one, so work under an older lease is known. */
  readonly epoch: number;
  /** For the cool-down. */
  readonly restarted: Restarted | null;
  readonly stopping: Stopping | null;
  readonly unknownOutcomes: readonly UnknownOutcome[];
};

/** An operation under way. */
export type OpenOperation = Past & {
  readonly is: 'open';
  /** How many facts came before its request: where its own begin. */
  readonly asked: number;
  readonly request: PowerRequest;
  readonly deadline: Instant;
  readonly bulkId: BulkId | null;
  readonly holder: string | null;
  readonly before: Before | null;
  /** As the last look found it, and the last look before the last call. */
  readonly run: Run | null;
  readonly runBefore: Run | null;
  readonly looks: number;
  /** The last look found no such machine. */
  readonly absent: boolean;
  /** The guest was asked to restart, and its tools were seen to stop since. */
  readonly toolsAway: boolean;
  /** Of a power-on: a guest that may still stop the machine. */
  readonly earlier: Stopping | null;
  readonly cancelling: boolean;
  /** The last step whose call was taken, or may have been. */
  readonly acted: Call | null;
  /** How often each step was begun; an attempt has a number of its own, whatever was begun between. */
  readonly attempts: Readonly<Partial<Record<Call, number>>>;
  /** Why the guest was not asked (any more), as it was said last. */
  readonly escalated: Cause | null;
  readonly phase: Phase;
};

/** No operation is under way. `unread`: the last one as it stood when it ended with nobody knowing how. */
export type Idle = Past & { readonly is: 'idle'; readonly asked: number; readonly lastUnknown: OpenOperation | null };

/** Each state carries only what is true in it: an idle machine has no deadline. At most one operation is open. */
export type Power = Idle | OpenOperation;

/** Whether a call of the operation was taken, or may have been. */
export const mayHaveActed = ({ acted, phase }: OpenOperation) => acted !== null || phase.is === 'started';

/** The last call that was taken, or may have been. */
export const lastCall = ({ acted, phase }: OpenOperation): Call | null => (phase.is === 'started' ? phase.step : acted);

/** The number of the next attempt of a step. */
export const nextAttempt = ({ attempts }: Pick<OpenOperation, 'attempts'>, step: Call) => (attempts[step] ?? 0) + 1;

/** Whether a step asks a guest that was to be forced because it had no tools, and was not: now that it can be asked. */
export const asksAfterAll = ({ escalated, acted }: OpenOperation, step: unknown) =>
  step === 'graceful' && escalated === 'tools_absent' && acted === null;

/** A machine that nobody ever switched. */
export const initialPower: Power = {
  is: 'idle',
  op: 0,
  facts: 0,
  asked: 0,
  seen: null,
  epoch: 0,
  restarted: null,
  stopping: null,
  unknownOutcomes: [],
  lastUnknown: null,
};

/** Where the power facts of a machine are kept. */
export const powerStream = (vmId: VmId) => StreamId.of('power', vmId);

/** The machine whose stream it is. */
export const vmOf = (stream: StreamId) => VmId.parse(StreamId.key('power', stream));

/** The id of one of its operations. */
export const powerOperation = (vmId: VmId, op: number) => OperationId.of('power', powerStream(vmId), op);
