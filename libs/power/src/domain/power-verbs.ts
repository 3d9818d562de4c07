import { Instant, type BulkId, type Mode } from '@drover/kernel';
import type { Call, PowerFact, Requested } from './power.events.js';

/** What was asked for. */
export type PowerRequest =
  | { readonly kind: 'power-off'; readonly mode: Mode; readonly gracefulUntil: Instant | null }
  | { readonly kind: 'power-on'; readonly waitForTools: boolean }
  | { readonly kind: 'restart'; readonly mode: Mode };

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

type Kind = PowerRequest['kind'];
type RequestOf<K extends Kind> = Extract<PowerRequest, { readonly kind: K }>;

/** One verb: how it is asked for, what is recorded of that, and how it is read back from the record. */
interface PowerVerb<K extends Kind, Asked extends Requested> {
  readonly fact: Asked['type'];
  /** The call of the provider that each of its steps is. */
  readonly calls: Readonly<Partial<Record<Call, ProviderCall>>>;
  request(options: VerbOptions, at: Instant): RequestOf<K>;
  recorded(request: RequestOf<K>, of: RequestedOf): Asked;
  read(fact: Asked): RequestOf<K>;
}
type AskedBy<Type extends Requested['type']> = Extract<Requested, { readonly type: Type }>;

/** A verb of power a row. What is sent for it first says `power-matrix.ts`; by what it has come true, `proof.ts`. */
const verbs: {
  readonly 'power-off': PowerVerb<'power-off', AskedBy<'PowerOffRequested'>>;
  readonly 'power-on': PowerVerb<'power-on', AskedBy<'PowerOnRequested'>>;
  readonly restart: PowerVerb<'restart', AskedBy<'RestartRequested'>>;
} = {
  'power-off': {
    fact: 'PowerOffRequested',
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
  },
  'power-on': {
    fact: 'PowerOnRequested',
    calls: { start: 'power-on' },
    request: ({ waitForTools }) => ({ kind: 'power-on', waitForTools }),
    recorded: ({ waitForTools }, { op, deadline, bulkId, earlier }) => ({
      ...{ type: 'PowerOnRequested', op, waitForTools, deadline, runId: null, scheduleId: null, bulkId },
      ...(earlier !== null && { earlier }),
    }),
    read: ({ waitForTools }) => ({ kind: 'power-on', waitForTools }),
  },
  restart: {
    fact: 'RestartRequested',
    calls: { graceful: 'reboot-guest', forced: 'reset' },
    request: ({ mode }) => ({ kind: 'restart', mode: mode ?? 'soft' }),
    recorded: ({ mode }, { op, deadline, bulkId }) => ({
      ...{ type: 'RestartRequested', op, mode, deadline, alarmId: null, scheduleId: null, bulkId },
    }),
    read: ({ mode }) => ({ kind: 'restart', mode }),
  },
};

// The row of a kind takes the requests of that kind: the compiler does not follow that through an index.
const rowOf = (kind: Kind) => verbs[kind] as PowerVerb<Kind, Requested>;
const kinds = new Map<string, Kind>((Object.keys(verbs) as Kind[]).map((kind) => [verbs[kind].fact, kind]));

/** Whether a fact is a request. */
export const isRequest = (fact: PowerFact): fact is Requested => kinds.has(fact.type);

/** The call of the provider that a step of a verb is; nothing where the verb has no such step. */
export const callOf = (kind: Kind, step: Call): ProviderCall | undefined => verbs[kind].calls[step];

/** The request of a verb from this moment on. */
export const requestOf = (kind: Kind, options: VerbOptions, at: Instant): PowerRequest =>
  rowOf(kind).request(options, at);

/** What is recorded of a request that is granted. */
export const recordedRequest = (request: PowerRequest, of: RequestedOf): Requested =>
  rowOf(request.kind).recorded(request, of);

/** The request that was recorded. */
export const readRequest = (fact: Requested): PowerRequest => {
  const kind = kinds.get(fact.type);
  if (!kind) throw new Error(`${fact.type} is the fact of no verb`);
  return rowOf(kind).read(fact);
};
