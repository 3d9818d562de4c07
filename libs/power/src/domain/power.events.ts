// What can happen to the power of one machine: the stored events, and how each verb records what was asked for. First the
// steps of an operation, then the verbs, then the union. Never: edit a released shape, or leave a member out of it; what a
// fact says more is a new, optional member.
import { Instant, OperationId, StreamId, VmId } from '@drover/kernel';
import type { BulkId, Mode, PowerState, RecordedOrder, Tools } from '@drover/kernel';

/** A step that sends something to the provider. */
export type Call = 'graceful' | 'forced' | 'start';

/** Why the guest is not asked (any more). */
export type Cause = 'tools_absent' | 'graceful_failed' | 'graceful_timed_out';

/** What a person said of an outcome that nobody could read. */
export type Marked = 'succeeded' | 'failed';

/** By what a restart is believed: a later boot, a lower uptime, the provider's task, or tools that went and came back. */
export type Proof = 'boot' | 'uptime' | 'task' | 'tools';

type StepEnd<Step> = { readonly type: 'StepFinished'; readonly op: number; readonly step: Step; attempt: number };
type NothingRead = { readonly power: null; readonly tools: null; readonly observedAt: null; readonly bootAt: null };

/**
 * What came of a call. `failed`: surely not done; `unknown`: it may have been. `nextAttemptAt`: nothing more is decided
 * about the step before. `task`: the provider's own task of the call, which ended in success.
 */
export type CallFinished = StepEnd<Call> &
  NothingRead &
  (
    | { outcome: 'succeeded'; code: null; detail: null; nextAttemptAt: null; readonly task?: string }
    | { outcome: 'failed' | 'unknown'; code: string | null; detail: string | null; nextAttemptAt: Instant | null }
  );

/**
 * What a look found, or why it found nothing. A look changes nothing, so `verify` is finished without having been started.
 * `lastKnown`: what its provider knew last of a machine that it cannot reach. Some members are absent in the first release.
 */
export type LookFinished = StepEnd<'verify' | 'wait-tools'> & { readonly nextAttemptAt: null } & (
    | ({ outcome: 'failed'; code: string; detail: string } & NothingRead)
    | ({
        outcome: 'succeeded' | 'failed';
        code: null;
        detail: null;
        readonly power: PowerState;
        readonly tools: Tools;
        readonly observedAt: Instant;
        readonly bootAt: Instant | null;
        readonly uptimeSeconds?: number;
        readonly lastKnown?: Exclude<PowerState, 'unknown'>;
      } & RecordedOrder)
  );

/** What came of a step: of a call, or of a look. */
export type StepFinished = CallFinished | LookFinished;

/** Whether a step was a look. */
export const isLook = (fact: StepFinished): fact is LookFinished =>
  fact.step === 'verify' || fact.step === 'wait-tools';

/** How a machine is stopped. Only with `trySoft` force comes after the guest, so only then the guest's share has an end. */
export type OffMode =
  | { readonly mode: 'trySoft'; readonly gracefulUntil: Instant }
  | { readonly mode: Exclude<Mode, 'trySoft'>; readonly gracefulUntil: null };

/**
 * What each verb records: its request, with what was chosen, and its end when that was read to have come true. A verb that
 * stands here needs its row in `verbEvents` below, and one in `power-verbs.ts`.
 */
export interface VerbFacts {
  'power-off': {
    chosen: OffMode;
    requested: { type: 'PowerOffRequested'; runId: string | null };
    verified: { type: 'VmPoweredOff'; method: 'graceful' | 'forced' | 'already-off'; previousState: PowerState };
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
    verified: { type: 'VmRestarted'; method: 'graceful' | 'forced' } & RestartEvidence;
  };
}

/** What can be asked for one machine. */
export type PowerVerb = keyof VerbFacts;

/** What is asked for by each of some verbs. */
export type RequestOf<V extends PowerVerb> = { [K in V]: { readonly kind: K } & VerbFacts[K]['chosen'] }[V];
/** What is asked for, of whatever verb. */
export type PowerRequest = RequestOf<PowerVerb>;

/** A request of each of some verbs, granted. */
export type RequestedBy<V extends PowerVerb> = {
  [K in V]: Granted & VerbFacts[K]['chosen'] & VerbFacts[K]['requested'];
}[V];
/** A request of whatever verb, granted. */
export type Requested = RequestedBy<PowerVerb>;

/** The end of an operation that was read to have come true. */
export type VerifiedBy<V extends PowerVerb> = { [K in V]: Timed & VerbFacts[K]['verified'] }[V];

type Granted = { op: number; deadline: Instant; scheduleId: string | null; bulkId: BulkId | null };
/** `run`, `n`: where the reading that verifies it stands among others; absent in facts of the first release. */
type Timed = { readonly op: number; readonly durationSeconds: number; readonly observedAt: Instant } & RecordedOrder;
/** What the verification of a restart rests on; absent in facts of the first release. */
type RestartEvidence = {
  readonly proof?: Proof;
  readonly task?: string;
  readonly bootAt?: Instant;
  readonly uptimeSeconds?: number;
};
/** How long it took; absent in facts of the first release, and where a person ended it. */
type Took = { readonly op: number; readonly durationSeconds?: number };

/** What is asked for beside the verb. A verb has modes or has none; only one without may wait for tools. */
export type VerbOptions = { readonly timeoutSeconds: number } & (
  { readonly mode: Mode; readonly waitForTools: false } | { readonly mode: null; readonly waitForTools: boolean }
);

/** What is requested, of one machine or of many alike, without its times. */
export type RequestTemplate = { readonly action: PowerVerb } & VerbOptions;

/** What every granted request records. `earlier`: the cancelled operation whose guest may still stop the machine. */
export interface GrantedAs {
  readonly op: number;
  readonly deadline: Instant;
  readonly bulkId: BulkId | null;
  readonly earlier: number | null;
}

/** How a verb is asked for from some moment on, how that is recorded, and how it is read back. */
interface VerbEvents<V extends PowerVerb> {
  readonly requested: RequestedBy<V>['type'];
  readonly verified: VerifiedBy<V>['type'];
  request(options: VerbOptions, at: Instant): RequestOf<V>;
  recorded(request: RequestOf<V>, of: GrantedAs): RequestedBy<V>;
  read(fact: RequestedBy<V>): RequestOf<V>;
}

/** The guest's share of a power-off's seconds; the rest is for force and verification. */
export const gracefulShare = (seconds: number) => seconds - Math.min(60, seconds * 0.2);

/** The events of each verb, one a row. */
export const verbEvents: { readonly [V in PowerVerb]: VerbEvents<V> } = {
  'power-off': {
    requested: 'PowerOffRequested',
    verified: 'VmPoweredOff',
    request: ({ mode, timeoutSeconds }, at) =>
      mode === 'trySoft'
        ? { kind: 'power-off', mode, gracefulUntil: Instant.plusSeconds(at, gracefulShare(timeoutSeconds)) }
        : { kind: 'power-off', mode: mode ?? 'soft', gracefulUntil: null },
    recorded: ({ kind: _, ...chosen }, { op, deadline, bulkId }) => ({
      ...{ type: 'PowerOffRequested', op, ...chosen, deadline, runId: null, scheduleId: null, bulkId },
    }),
    read: (fact) =>
      fact.mode === 'trySoft'
        ? { kind: 'power-off', mode: fact.mode, gracefulUntil: fact.gracefulUntil }
        : { kind: 'power-off', mode: fact.mode, gracefulUntil: null },
  },
  'power-on': {
    requested: 'PowerOnRequested',
    verified: 'VmPoweredOn',
    request: ({ waitForTools }) => ({ kind: 'power-on', waitForTools }),
    recorded: ({ waitForTools }, { op, deadline, bulkId, earlier }) => ({
      ...{ type: 'PowerOnRequested', op, waitForTools, deadline, runId: null, scheduleId: null, bulkId },
      ...(earlier !== null && { earlier }),
    }),
    read: ({ waitForTools }) => ({ kind: 'power-on', waitForTools }),
  },
  restart: {
    requested: 'RestartRequested',
    verified: 'VmRestarted',
    request: ({ mode }) => ({ kind: 'restart', mode: mode ?? 'soft' }),
    recorded: ({ mode }, { op, deadline, bulkId }) => ({
      ...{ type: 'RestartRequested', op, mode, deadline, alarmId: null, scheduleId: null, bulkId },
    }),
    read: ({ mode }) => ({ kind: 'restart', mode }),
  },
};

/** How an operation ended. */
export type PowerEnd =
  | VerifiedBy<PowerVerb>
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
  | PowerEnd
  | { type: 'PowerOperationMarked'; op: number; outcome: Marked };

/** Where the power facts of a machine are kept. */
export const powerStream = (vmId: VmId) => StreamId.of('power', vmId);

/** The machine whose stream it is. */
export const vmOf = (stream: StreamId) => VmId.parse(StreamId.key('power', stream));

/** The id of one of its operations. */
export const powerOperation = (vmId: VmId, op: number) => OperationId.of('power', powerStream(vmId), op);

// The row of a verb takes what is of that verb: the compiler does not follow that through an index.
const rowOf = (kind: PowerVerb) => verbEvents[kind] as VerbEvents<PowerVerb>;
const verbs = Object.keys(verbEvents) as readonly PowerVerb[];

/** The types of the facts that are requests. */
export const requestTypes = verbs.map((kind) => verbEvents[kind].requested);
/** The types of the facts that are verified ends. */
export const verifiedTypes = verbs.map((kind) => verbEvents[kind].verified);

const verbOf = Object.fromEntries(verbs.map((kind) => [verbEvents[kind].requested, kind])) as {
  readonly [Type in Requested['type']]: PowerVerb;
};
const verified: ReadonlySet<string> = new Set(verifiedTypes);

/** Whether a fact is a request. */
export const isRequest = (fact: PowerFact): fact is Requested => Object.hasOwn(verbOf, fact.type);

/** Whether a fact is an end that was verified. */
export const isVerified = (fact: PowerFact): fact is VerifiedBy<PowerVerb> => verified.has(fact.type);

/** The request from this moment on. */
export const requestAt = (template: RequestTemplate, at: Instant) => ({
  request: rowOf(template.action).request(template, at),
  deadline: Instant.plusSeconds(at, template.timeoutSeconds),
});

/** What is recorded of a request that is granted. */
export const recordedRequest = (request: PowerRequest, of: GrantedAs): Requested =>
  rowOf(request.kind).recorded(request, of);

/** The request that was recorded. */
export const readRequest = (fact: Requested): PowerRequest => rowOf(verbOf[fact.type]).read(fact);

/** What was requested when a request was recorded: to request the same again. */
export const templateOf = (fact: Requested, at: Instant): RequestTemplate => {
  const request = readRequest(fact);
  const template = { action: request.kind, timeoutSeconds: Instant.msBetween(at, fact.deadline) / 1000 };
  return 'mode' in request
    ? { ...template, mode: request.mode, waitForTools: false }
    : { ...template, mode: null, waitForTools: 'waitForTools' in request && request.waitForTools };
};
