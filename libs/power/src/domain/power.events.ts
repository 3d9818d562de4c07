// What can happen to the power of one machine: requests, the steps of the work on them, and how they end. The requests stand
// in `power-request.events.ts`, the steps in `power-step.events.ts`; here are the ends, the union, and what is read from it.
// Never: edit a released shape, or leave a member out of the union; what a fact says more is a new, optional member.
import { Instant, OperationId, StreamId, VmId, type WorkerId } from '@drover/kernel';
import type { PowerState, RecordedOrder } from '@drover/kernel';
import { verbEvents } from './power-request.events.js';
import type { PowerRequest, PowerVerb, Requested, RequestTemplate, VerbFacts } from './power-request.events.js';
import type { Call, Cause, Marked, StepFinished } from './power-step.events.js';

/** The end of an operation that was read to have come true. */
export type VerifiedBy<V extends PowerVerb> = { [K in V]: Timed & VerbFacts[K]['verified'] }[V];

/** `run`, `n`: where the reading that verifies it stands among others; absent in facts of the first release. */
type Timed = { readonly op: number; readonly durationSeconds: number; readonly observedAt: Instant } & RecordedOrder;
/** How long it took; absent in facts of the first release, and where a person ended it. */
type Took = { readonly op: number; readonly durationSeconds?: number };

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
  | { type: 'LeaseTaken'; op: number; epoch: number; holder: WorkerId }
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

const verbs = Object.keys(verbEvents) as readonly PowerVerb[];

/** The types of the facts that are requests. */
export const requestTypes = verbs.map((kind) => verbEvents[kind].requested.type);
/** The types of the facts that are verified ends. */
export const verifiedTypes = verbs.map((kind) => verbEvents[kind].verified);

const verbOf = Object.fromEntries(verbs.map((kind) => [verbEvents[kind].requested.type, kind])) as {
  readonly [Type in Requested['type']]: PowerVerb;
};
const verified: ReadonlySet<string> = new Set(verifiedTypes);

/** Whether a fact is a request. */
export const isRequest = (fact: PowerFact): fact is Requested => Object.hasOwn(verbOf, fact.type);

/** Whether a fact is an end that was verified. */
export const isVerified = (fact: PowerFact): fact is VerifiedBy<PowerVerb> => verified.has(fact.type);

/** The request that was recorded. The compiler does not follow a verb from its event to its row. */
export const readRequest = (fact: Requested): PowerRequest => {
  const kind = verbOf[fact.type];
  const chosen: readonly string[] = verbEvents[kind].chosen;
  return { kind, ...Object.fromEntries(Object.entries(fact).filter(([key]) => chosen.includes(key))) } as PowerRequest;
};

/** What was requested when a request was recorded: to request the same again. */
export const templateOf = (fact: Requested, at: Instant): RequestTemplate => {
  const request = readRequest(fact);
  const template = { action: request.kind, timeoutSeconds: Instant.msBetween(at, fact.deadline) / 1000 };
  return 'mode' in request
    ? { ...template, mode: request.mode, waitForTools: false }
    : { ...template, mode: null, waitForTools: 'waitForTools' in request && request.waitForTools };
};
