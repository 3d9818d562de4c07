// What power knows of its verbs, a verb a row. What a row does not say holds for every verb: see `next-step.ts`.
import { Instant, isRejection, reject, type BulkId, type Mode, type PowerState, type Rejection } from '@drover/kernel';
import type { PowerFact, PowerRequest, Requested, RequestedBy, RequestOf, Verb, VerifiedBy } from './power.events.js';
import {
  byTools,
  toolsRun,
  type FirstStep,
  type Judged,
  type MatrixRefusal,
  type Viewed,
  restartEvidence,
  restartProof,
  waitsForTools,
} from './power-matrix.js';
import { lastCall, type OpenOperation } from './power.js';
import type { Call, Reading } from './steps.js';

/** What somebody asks for, of one machine or of many, before the time at which it is requested is known. */
export interface VerbOptions {
  /** Null where the verb has none. */
  readonly mode: Mode | null;
  readonly waitForTools: boolean;
  readonly timeoutSeconds: number;
}

/** What every request records. */
export interface RequestedOf {
  readonly op: number;
  readonly deadline: Instant;
  readonly bulkId: BulkId | null;
  /** Of a machine whose guest may still stop it: the cancelled operation that asked it to. */
  readonly earlier: number | null;
}

/** The guest's share of a power-off's seconds; the rest is for force and verification. */
export const gracefulShare = (seconds: number) => seconds - Math.min(60, seconds * 0.2);

/** Until when the guest is left to itself: the end of its share where force comes after it. */
export const gracefulUntil = (mode: Mode, at: Instant, seconds: number) =>
  mode === 'trySoft' ? Instant.plusSeconds(at, gracefulShare(seconds)) : null;

/** What a step of power asks of a provider. */
export type ProviderCall = 'shutdown-guest' | 'power-off' | 'power-on' | 'reboot-guest' | 'reset';

/** What every verified end says: when it was read so, and how long it took. */
type Done = Pick<VerifiedBy<Verb>, 'op' | 'durationSeconds' | 'observedAt' | 'run' | 'n'>;

/** One verb: how it is asked for, what may be sent for it, by what it has come true. */
interface PowerVerb<V extends Verb> {
  readonly requested: RequestedBy<V>['type'];
  readonly verified: VerifiedBy<V>['type'];
  /** The state that shows that it has come true. Null: no state does, so it is sent at most once and takes evidence. */
  readonly reaches: PowerState | null;
  /** The call of the provider that each of its steps is. */
  readonly calls: Readonly<Partial<Record<Call, ProviderCall>>>;
  /** What is asked for, from this moment on. */
  request(options: VerbOptions, at: Instant): RequestOf<V>;
  /** What is recorded of it, and how it is read back. */
  recorded(request: RequestOf<V>, of: RequestedOf): RequestedBy<V>;
  read(fact: RequestedBy<V>): RequestOf<V>;
  /** The first step on a machine that is no template, or what speaks against it. */
  firstStep(request: RequestOf<V>, seen: Judged): FirstStep;
  /** Whether it may be sent to a machine that its provider cannot reach. */
  unreached?(request: RequestOf<V>): boolean;
  /** What a reading must show beside the state. */
  holds?(power: OpenOperation, reading: Reading): boolean;
  /** What is recorded once it was read to have come true. */
  ended(power: OpenOperation, reading: Reading, done: Done): VerifiedBy<V>;
}

const before = ({ before }: OpenOperation, { power }: Reading) => before?.power ?? power;
const way = (power: OpenOperation) => (lastCall(power) === 'graceful' ? 'graceful' : 'forced');

/** Each verb, one a row: a verb of `power.events.ts` without its row does not compile. */
export const powerVerbs: { readonly [V in Verb]: PowerVerb<V> } = {
  'power-off': {
    requested: 'PowerOffRequested',
    verified: 'VmPoweredOff',
    reaches: 'poweredOff',
    calls: { graceful: 'shutdown-guest', forced: 'power-off' },
    request: ({ mode, timeoutSeconds }, at) => {
      const asked = mode ?? 'soft';
      return { kind: 'power-off', mode: asked, gracefulUntil: gracefulUntil(asked, at, timeoutSeconds) };
    },
    recorded: ({ mode, gracefulUntil: until }, { op, deadline, bulkId }) => ({
      ...{ type: 'PowerOffRequested', op, mode, deadline, gracefulUntil: until, runId: null },
      ...{ scheduleId: null, bulkId },
    }),
    read: ({ mode, gracefulUntil: until }) => ({ kind: 'power-off', mode, gracefulUntil: until }),
    firstStep: ({ mode }, { power, tools }) =>
      power === 'suspended' && mode !== 'hard'
        ? reject('vm_suspended', 'It is suspended: only a hard power-off ends that, and its saved memory is lost.')
        : byTools(mode, tools),
    unreached: ({ mode }) => mode === 'hard',
    ended: (power, reading, done) => ({
      ...{ type: 'VmPoweredOff', ...done, method: lastCall(power) === null ? 'already-off' : way(power) },
      previousState: before(power, reading),
    }),
  },
  'power-on': {
    requested: 'PowerOnRequested',
    verified: 'VmPoweredOn',
    reaches: 'poweredOn',
    calls: { start: 'power-on' },
    request: ({ waitForTools }) => ({ kind: 'power-on', waitForTools }),
    recorded: ({ waitForTools }, { op, deadline, bulkId, earlier }) => ({
      ...{ type: 'PowerOnRequested', op, waitForTools, deadline, runId: null, scheduleId: null, bulkId },
      ...(earlier !== null && { earlier }),
    }),
    read: ({ waitForTools }) => ({ kind: 'power-on', waitForTools }),
    firstStep: () => 'start',
    holds: (power, { tools }) => !waitsForTools(power) || toolsRun(tools),
    ended: (power, reading, done) => ({
      ...{ type: 'VmPoweredOn', ...done, previousState: before(power, reading), tools: reading.tools },
    }),
  },
  restart: {
    requested: 'RestartRequested',
    verified: 'VmRestarted',
    reaches: null,
    calls: { graceful: 'reboot-guest', forced: 'reset' },
    request: ({ mode }) => ({ kind: 'restart', mode: mode ?? 'soft' }),
    recorded: ({ mode }, { op, deadline, bulkId }) => ({
      ...{ type: 'RestartRequested', op, mode, deadline, alarmId: null, scheduleId: null, bulkId },
    }),
    read: ({ mode }) => ({ kind: 'restart', mode }),
    firstStep: ({ mode }, { power, tools }) => {
      if (power === 'suspended')
        return reject('vm_suspended', 'It is suspended, so there is nothing to restart: power it on to resume it.');
      return power === 'poweredOff'
        ? reject('vm_not_ready', 'It is off, so there is nothing to restart: power it on.')
        : byTools(mode, tools);
    },
    holds: (power, reading) => restartProof(power, reading) !== null,
    ended: (power, reading, done) => ({
      ...{ type: 'VmRestarted', ...done, method: way(power), ...restartEvidence(power, reading) },
    }),
  },
};

// The row of a kind takes what is of that kind: the compiler does not follow that through an index.
const rowOf = (kind: Verb) => powerVerbs[kind] as PowerVerb<Verb>;
const kinds = Object.keys(powerVerbs) as readonly Verb[];
const asked = new Map<string, Verb>(kinds.map((kind) => [powerVerbs[kind].requested, kind]));

/** The facts of the requests, and those of the ends that were verified. */
export const requestTypes = kinds.map((kind) => powerVerbs[kind].requested);
export const verifiedTypes = kinds.map((kind) => powerVerbs[kind].verified);

/** Whether a fact is a request. */
export const isRequest = (fact: PowerFact): fact is Requested => asked.has(fact.type);

/** The call of the provider that a step of a verb is; nothing where the verb has no such step. */
export const callOf = (kind: Verb, step: Call): ProviderCall | undefined => powerVerbs[kind].calls[step];

/** The request of a verb from this moment on. */
export const requestOf = (kind: Verb, options: VerbOptions, at: Instant): PowerRequest =>
  rowOf(kind).request(options, at);

/** What is recorded of a request that is granted. */
export const recordedRequest = (request: PowerRequest, of: RequestedOf): Requested =>
  rowOf(request.kind).recorded(request, of);

/** The request that was recorded. */
export const readRequest = (fact: Requested): PowerRequest => {
  const kind = asked.get(fact.type);
  if (!kind) throw new Error(`${fact.type} is the fact of no verb`);
  return rowOf(kind).read(fact);
};

/** Whether no state shows that it has come true: then a call that may have been taken is never sent again. */
export const isSentOnce = ({ kind }: PowerRequest) => powerVerbs[kind].reaches === null;

/** Whether it may be sent to a machine that its provider cannot reach. */
export const mayGoUnreached = (request: PowerRequest) => rowOf(request.kind).unreached?.(request) ?? false;

/** The first step towards a request that has not come true yet, or why nothing may be sent. Asked before every step. */
export const firstStep = (request: PowerRequest, seen: Judged): FirstStep =>
  seen.template
    ? reject('wrong_state', 'It is a template: make it a machine again first.')
    : rowOf(request.kind).firstStep(request, seen);

/**
 * What a view says against a request that is only tried. It refuses, it never grants: whether a request came true
 * already, only a fresh look says.
 */
export const againstMatrix = (request: PowerRequest, view: Viewed): Rejection<MatrixRefusal> | null => {
  const { power, template, connectionState } = view;
  if (!template && power === 'unknown')
    return connectionState === undefined || mayGoUnreached(request)
      ? null
      : reject('vm_not_ready', `Its provider cannot reach it (${connectionState}).`);
  if (!template && power === powerVerbs[request.kind].reaches) return null;
  const step = firstStep(request, view);
  return isRejection(step) ? step : null;
};

/** Whether a reading shows that the request came true. */
export const proves = (power: OpenOperation, reading: Reading): boolean => {
  const { reaches, holds } = rowOf(power.request.kind);
  return (reaches === null || reading.power === reaches) && (holds?.(power, reading) ?? true);
};

/** The wanted state was read: what is recorded of that, and of how it came about. */
export const verdictOf = (power: OpenOperation, op: number, reading: Reading, durationSeconds: number) => {
  const { observedAt, run, n } = reading;
  return rowOf(power.request.kind).ended(power, reading, { op, durationSeconds, observedAt, run, n });
};
