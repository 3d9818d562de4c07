import type { Instant, Mode, PowerState, ReadOrder, RecordedOrder, Seen, Tools } from '@drover/kernel';

/** A step that sends something to the provider. */
export type Call = 'graceful' | 'forced' | 'start';

/** Why the guest is not asked (any more). */
export type Cause = 'tools_absent' | 'graceful_failed' | 'graceful_timed_out';

/** What a person said of an outcome that nobody could read. */
export type Marked = 'succeeded' | 'failed';

/** By what a restart is believed: a later boot, a lower uptime, the provider's task, or tools that went and came back. */
export type Proof = 'boot' | 'uptime' | 'task' | 'tools';

/**
 * What a look found: whether it runs, whether its guest can be asked, since when it runs. `unknown`: its provider cannot
 * reach it, and shows what it knew last.
 */
export type Reading = Seen &
  ReadOrder & {
    readonly lastKnown?: { readonly power: Exclude<PowerState, 'unknown'> };
    readonly bootAt: Instant | null;
    readonly uptimeSeconds: number | null;
    readonly question: string | null;
    readonly template: boolean;
  };

type From = { readonly scheduleId: string | null; readonly bulkId: string | null };
/** `run`, `n`: where the reading that proves it stands among others; absent in facts of the first release. */
type Timed = { readonly durationSeconds: number; readonly observedAt: Instant } & RecordedOrder;
/** How long it took; absent in facts of the first release, and where a person ended it. */
type Took = { readonly durationSeconds?: number };
type StepReading = {
  readonly power: PowerState | null;
  readonly tools: Tools | null;
  readonly observedAt: Instant | null;
  readonly bootAt: Instant | null;
  readonly uptimeSeconds?: number;
  /** What its provider knew last of a machine that it cannot reach; absent in facts of the first release. */
  readonly lastKnown?: Exclude<PowerState, 'unknown'>;
} & RecordedOrder;
/** What the verification of a restart rests on; absent in facts of the first release. */
type Proven = {
  readonly proof?: Proof;
  readonly task?: string;
  readonly bootAt?: Instant;
  readonly uptimeSeconds?: number;
};

/**
 * What came of a step. `failed`: surely not done; `unknown`: it may have been. A look changes nothing, so `verify` is
 * finished without having been started. `nextAttemptAt`: nothing more is decided about the step before. `task`: the
 * provider's own task of the call, which ended in success.
 */
export type StepFinished = {
  readonly type: 'StepFinished';
  readonly op: number;
  readonly step: Call | 'verify' | 'wait-tools';
  readonly attempt: number;
  readonly outcome: 'succeeded' | 'failed' | 'unknown';
  readonly code: string | null;
  readonly detail: string | null;
  readonly nextAttemptAt: Instant | null;
  readonly task?: string;
} & StepReading;

/** A request, granted. */
export type Requested =
  | ({
      type: 'PowerOffRequested';
      op: number;
      mode: Mode;
      deadline: Instant;
      gracefulUntil: Instant | null;
      runId: string | null;
    } & From)
  | ({
      type: 'PowerOnRequested';
      op: number;
      waitForTools: boolean;
      deadline: Instant;
      runId: string | null;
      /** The operation that was cancelled while its guest was asked to stop, which it may still do. */
      earlier?: number;
    } & From)
  | ({ type: 'RestartRequested'; op: number; mode: Mode; deadline: Instant; alarmId: string | null } & From);

/** How an operation ended. */
export type Verdict =
  | ({
      type: 'VmPoweredOff';
      op: number;
      method: 'graceful' | 'forced' | 'already-off';
      previousState: PowerState;
    } & Timed)
  | ({ type: 'VmPoweredOn'; op: number; previousState: PowerState; tools: Tools } & Timed)
  | ({ type: 'VmRestarted'; op: number; method: 'graceful' | 'forced' } & Timed & Proven)
  | ({ type: 'PowerOperationRefused'; op: number; code: string; detail: string } & Took)
  | ({ type: 'PowerOperationFailed'; op: number; code: string; detail: string; lastObserved: PowerState } & Took)
  | ({ type: 'PowerOperationExpired'; op: number; lastObserved: PowerState } & Took)
  | ({ type: 'PowerOperationUnknown'; op: number; lastObserved: PowerState } & Took)
  | ({
      type: 'PowerOperationCancelled';
      op: number;
      step: string;
      cancelledAt?: Instant;
      /** The guest was asked before, and may still do it. */
      guestAsked?: true;
    } & Took);

/**
 * What has happened to the power of a machine. Names are past tense; a released shape is never edited, only succeeded.
 * Who asked, and when a fact was written, stand in the commit's metadata; the machine is in the stream's name. `op`
 * counts the operations of the stream.
 */
export type PowerFact =
  | Requested
  | { type: 'LeaseTaken'; op: number; epoch: number; holder: string }
  | { type: 'CancelRequested'; op: number }
  | { type: 'StepStarted'; op: number; step: Call | 'wait-tools'; attempt: number; epoch: number }
  | StepFinished
  | { type: 'PowerOffEscalated'; op: number; cause: Cause; code: string | null }
  | Verdict
  | { type: 'PowerOperationMarked'; op: number; outcome: Marked };
