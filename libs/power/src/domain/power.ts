import {
  OperationId,
  StreamId,
  VmId,
  type Instant,
  type Mode,
  type PowerState,
  type RecordedOrder,
  type Seen,
  type Tools,
} from '@drover/kernel';
import type { Call, Marked } from './power.events.js';

/** What was asked for. */
export type Wish =
  | { readonly kind: 'power-off'; readonly mode: Mode; readonly gracefulUntil: Instant | null }
  | { readonly kind: 'power-on'; readonly waitForTools: boolean }
  | { readonly kind: 'restart'; readonly mode: Mode };

/**
 * How far an open operation is: nothing sent yet; a step begun that may or may not have reached the provider; a call
 * the provider took; a call that may have been taken; a call that surely was not; on, and waiting for the guest tools.
 */
export type Phase =
  | { readonly is: 'asked' }
  | { readonly is: 'started'; readonly step: Call; readonly attempt: number; readonly epoch: number }
  | { readonly is: 'sent'; readonly step: Call; readonly attempt: number }
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

/** An outcome that nobody could read, until somebody looks again or a person says what came of it. */
export type Doubt = { readonly op: number; readonly marked: Marked | null };

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
  /** When the last restart was done or may have been: for the cool-down. */
  readonly restartedAt: Instant | null;
  readonly doubts: readonly Doubt[];
};

/** An operation under way. */
export type Open = Past & {
  readonly is: 'open';
  /** How many facts came before its wish: where its own begin. */
  readonly asked: number;
  readonly wish: Wish;
  readonly deadline: Instant;
  readonly bulkId: string | null;
  readonly holder: string | null;
  readonly before: Before | null;
  readonly looks: number;
  readonly cancelling: boolean;
  /** The last step whose call was taken, or may have been. */
  readonly acted: Call | null;
  readonly phase: Phase;
};

/** No operation is under way. `unread`: the last one as it stood when it ended with nobody knowing how. */
export type Idle = Past & { readonly is: 'idle'; readonly asked: number; readonly unread: Open | null };

/** Each state carries only what is true in it: an idle machine has no deadline. At most one operation is open. */
export type Power = Idle | Open;

/** A machine that nobody ever switched. */
export const untouched: Power = {
  is: 'idle',
  op: 0,
  facts: 0,
  asked: 0,
  seen: null,
  epoch: 0,
  restartedAt: null,
  doubts: [],
  unread: null,
};

/** Where the power facts of a machine are kept. */
export const powerStream = (vmId: VmId) => StreamId.of('power', vmId);

/** The machine whose stream it is. */
export const vmOf = (stream: StreamId) => VmId.parse(StreamId.key('power', stream));

/** The id of one of its operations. */
export const powerOperation = (vmId: VmId, op: number) => OperationId.of('power', powerStream(vmId), op);
