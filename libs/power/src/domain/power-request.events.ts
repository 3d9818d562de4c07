// What is recorded of a request: the stored events of each verb, and the one way in which a request becomes its event. Never:
// edit a released shape; what a fact says more is a new, optional member.
import { Instant } from '@drover/kernel';
import type { BulkId, Mode, PowerState, Tools } from '@drover/kernel';
import type { RestartEvidence } from './power-step.events.js';

/** How a machine is stopped. Only with `trySoft` force comes after the guest, so only then the guest's share has an end. */
export type OffMode =
  | { readonly mode: 'trySoft'; readonly gracefulUntil: Instant }
  | { readonly mode: Exclude<Mode, 'trySoft'>; readonly gracefulUntil: null };

/** What each verb records: its request, with what was chosen, and its verified end. It takes a row in `verbEvents`. */
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

/** What is asked for, by each of some verbs or by any. */
export type PowerRequest<V extends PowerVerb = PowerVerb> = { [K in V]: { kind: K } & VerbFacts[K]['chosen'] }[V];

/** A request of whatever verb, granted. */
export type Requested = { [K in PowerVerb]: Granted & VerbFacts[K]['chosen'] & VerbFacts[K]['requested'] }[PowerVerb];
type Granted = { op: number; deadline: Instant; scheduleId: string | null; bulkId: BulkId | null };

/** What is asked for beside the verb. A verb has modes or has none; only one without may wait for tools. */
export type VerbOptions = { readonly timeoutSeconds: number } & (
  { readonly mode: Mode; readonly waitForTools: false } | { readonly mode: null; readonly waitForTools: boolean }
);

/** What is requested, of one machine or of many alike, without its times. */
export type RequestTemplate = { readonly action: PowerVerb } & VerbOptions;

/** A verb's events: what is the same in each request, the name of its end, what a request chooses, and how it is made. */
interface VerbEvents<V extends PowerVerb> {
  readonly requested: Omit<VerbFacts[V]['requested'], 'earlier'>;
  readonly verified: VerbFacts[V]['verified']['type'];
  readonly chosen: readonly (keyof VerbFacts[V]['chosen'])[];
  request(options: VerbOptions, at: Instant): PowerRequest<V>;
}

/** The guest's share of a power-off's seconds; the rest is for force and verification. */
export const gracefulShare = (seconds: number) => seconds - Math.min(60, seconds * 0.2);

/** The events of each verb, one a row. */
export const verbEvents: { readonly [V in PowerVerb]: VerbEvents<V> } = {
  'power-off': {
    requested: { type: 'PowerOffRequested', runId: null },
    verified: 'VmPoweredOff',
    chosen: ['mode', 'gracefulUntil'],
    request: ({ mode, timeoutSeconds }, at) =>
      mode === 'trySoft'
        ? { kind: 'power-off', mode, gracefulUntil: Instant.plusSeconds(at, gracefulShare(timeoutSeconds)) }
        : { kind: 'power-off', mode: mode ?? 'soft', gracefulUntil: null },
  },
  'power-on': {
    requested: { type: 'PowerOnRequested', runId: null },
    verified: 'VmPoweredOn',
    chosen: ['waitForTools'],
    request: ({ waitForTools }) => ({ kind: 'power-on', waitForTools }),
  },
  restart: {
    requested: { type: 'RestartRequested', alarmId: null },
    verified: 'VmRestarted',
    chosen: ['mode'],
    request: ({ mode }) => ({ kind: 'restart', mode: mode ?? 'soft' }),
  },
};

/** The request from this moment on. */
export const requestAt = (template: RequestTemplate, at: Instant) => ({
  request: verbEvents[template.action].request(template, at),
  deadline: Instant.plusSeconds(at, template.timeoutSeconds),
});

/** What a granted request records. `earlier`: the cancelled operation whose guest may still stop the machine. */
export const recordedRequest = (
  { kind, ...chosen }: PowerRequest,
  { op, deadline, bulkId, earlier }: Omit<Granted, 'scheduleId'> & { readonly earlier: number | null },
) => {
  const { type, ...origin } = verbEvents[kind].requested;
  const before = kind === 'power-on' && earlier !== null ? { earlier } : {};
  return { type, op, ...chosen, deadline, ...origin, scheduleId: null, bulkId, ...before } as Requested; // its row says it
};
