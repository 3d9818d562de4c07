import type { BulkId, Instant, Mode, PowerState, RecordedOrder, Tools } from '@drover/kernel';
import type { Call, Cause, Marked, Proof, StepFinished } from './steps.js';

/**
 * What each verb records: its request, with what was chosen, and its end when that was read to have come true. A verb that
 * stands here and has no row in `power-verbs.ts` does not compile.
 */
export interface VerbFacts {
  'power-off': {
    chosen: { readonly mode: Mode; readonly gracefulUntil: Instant | null };
    requested: { type: 'PowerOffRequested'; runId: string | null };
    verified: {
      type: 'VmPoweredOff';
      method: 'graceful' | 'forced' | 'already-off';
      previousState: PowerState;
    };
  };
  'power-on': {
    chosen: { readonly waitForTools: boolean };
    /** `earlier`: the operation that was cancelled while its guest was asked to stop, which it may still do. */
    requested: { type: 'PowerOnRequested'; runId: string | null; earlier?: number };
    verified: { type: 'VmPoweredOn'; previousState: PowerState; tools: Tools };
  };
  restart: {
    chosen: { readonly mode: Mode };
    requested: { type: 'RestartRequested'; alarmId: string | null };
    verified: { type: 'VmRestarted'; method: 'graceful' | 'forced' } & Evidence;
  };
}

/** What can be asked for one machine. */
export type Verb = keyof VerbFacts;

/** What was asked for. */
export type RequestOf<V extends Verb> = { [K in V]: { readonly kind: K } & VerbFacts[K]['chosen'] }[V];
export type PowerRequest = RequestOf<Verb>;

/** A request, granted. */
export type RequestedBy<V extends Verb> = { [K in V]: Granted & VerbFacts[K]['chosen'] & VerbFacts[K]['requested'] }[V];
export type Requested = RequestedBy<Verb>;

/** The end of an operation that was read to have come true. */
export type VerifiedBy<V extends Verb> = { [K in V]: Timed & VerbFacts[K]['verified'] }[V];

type Granted = { op: number; deadline: Instant; scheduleId: string | null; bulkId: BulkId | null };
/** `run`, `n`: where the reading that proves it stands among others; absent in facts of the first release. */
type Timed = {
  readonly op: number;
  readonly durationSeconds: number;
  readonly observedAt: Instant;
} & RecordedOrder;
/** What the verification of a restart rests on; absent in facts of the first release. */
type Evidence = {
  readonly proof?: Proof;
  readonly task?: string;
  readonly bootAt?: Instant;
  readonly uptimeSeconds?: number;
};
/** How long it took; absent in facts of the first release, and where a person ended it. */
type Took = { readonly op: number; readonly durationSeconds?: number };

/** How an operation ended. */
export type Verdict =
  | VerifiedBy<Verb>
  | ({ type: 'PowerOperationRefused'; code: string; detail: string } & Took)
  | ({ type: 'PowerOperationFailed'; code: string; detail: string; lastObserved: PowerState } & Took)
  | ({ type: 'PowerOperationExpired'; lastObserved: PowerState } & Took)
  | ({ type: 'PowerOperationUnknown'; lastObserved: PowerState } & Took)
  /** `guestAsked`: the guest was asked before, and may still do it. */
  | ({ type: 'PowerOperationCancelled'; step: string; cancelledAt?: Instant; guestAsked?: true } & Took);

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
