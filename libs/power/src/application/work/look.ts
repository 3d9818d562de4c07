import { lastSeenIn, type VmRecord } from '@drover/contracts';
import { isRejection, policyActor, type ConnectionId, type Now } from '@drover/kernel';
import {
  faultOf,
  ProviderFault,
  contextOf,
  type Clock,
  type PowerControl,
  type PowerReading,
  type StreamsOf,
} from '@drover/ports';
import type { Fault } from '../../domain/power-work.js';
import { signInStream, type signInDecider } from '../../domain/sign-in.decider.js';
import { machineAt, type DirectoryEntry } from '../directory/directory.js';

/** What a look at a provider found: a reading and under which reference it was made, or why there is none. */
export type Look =
  | { readonly reading: PowerReading; readonly fault: null; readonly ref?: string | undefined }
  | { readonly reading: null; readonly fault: Fault; readonly ref?: undefined };

/** Whether a look found something else than was seen of the machine before: another state, or no machine. */
export const contradicts = ({ reading, fault }: Look, { observed }: Pick<VmRecord, 'observed'>): boolean =>
  reading ? reading.power !== (lastSeenIn(observed)?.power ?? 'unknown') : fault.code === 'not_found';

/** Where power keeps which sign-ins were refused. */
export type SignIns = StreamsOf<typeof signInDecider>;

/** How long looks take, by connection: known while the process lives. */
export interface LookTimes {
  /** A look brought a reading after so many milliseconds. */
  took(connection: ConnectionId, ms: number): void;
  /** How long one is given at least, in milliseconds: what they usually take and a quarter of it, 10 s at most. */
  usual(connection: ConnectionId): number;
}

/** The longest that a look is waited for. */
export const LOOK_MS = 10_000;
const LEAST_LOOK_MS = 1_000;
const KEPT = 10;

/** No look was made yet, so the first of each connection has all the time there is. */
export const lookTimes = (): LookTimes => {
  const taken = new Map<ConnectionId, readonly number[]>();
  return {
    took: (connection, ms) => void taken.set(connection, [...(taken.get(connection) ?? []), ms].slice(-KEPT)),
    usual: (connection) => {
      const slowest = Math.max(...(taken.get(connection) ?? [LOOK_MS]));
      return Math.min(LOOK_MS, Math.max(LEAST_LOOK_MS, slowest * 1.25));
    },
  };
};

/** What talking to providers takes. */
export interface ProviderPorts {
  readonly powerControl: PowerControl;
  readonly clock: Clock;
  readonly signIns: SignIns;
  readonly looks: LookTimes;
}

/** For how long a call that changes something is listened to after its time, for it may say that it was never sent. */
const LAST_WORD_MS = 500;

/** How long a call may take, and what ends it before that. */
interface Limit {
  readonly ms: number;
  readonly signal?: AbortSignal;
  /** Of a call that changes something: how long it may take from its turn on, when it has had to wait for one. */
  readonly fromTurnMs?: () => number;
}

/** A call. `onTurn`: it has waited for its turn, and has it. */
type Call<Answer> = (signal: AbortSignal, onTurn: () => void) => Promise<Answer>;

/**
 * Calls with a time limit. A provider that does not listen to its signal is left alone with its answer; one that does
 * has the last word on a call that changes something: what was never sent is not left in doubt.
 */
const within = async <Answer>(clock: Clock, { ms, signal, fromTurnMs }: Limit, call: Call<Answer>) => {
  const limit = new AbortController();
  const both = signal ? AbortSignal.any([signal, limit.signal]) : limit.signal;
  let [cancel, stop] = [() => {}, () => {}];
  let late: ProviderFault | null = null;
  const over = new Promise<never>((_, fail) => {
    stop = () => fail(both.reason as Error);
    if (both.aborted) stop();
  });
  const begin = (given: number) => {
    cancel();
    cancel = clock.after(given, () => {
      late = new ProviderFault('no_answer', `no answer within ${given / 1000} s`, 'maybe');
      limit.abort(late);
      if (fromTurnMs) cancel = clock.after(LAST_WORD_MS, stop);
      else stop();
    });
  };
  signal?.addEventListener('abort', stop, { once: true });
  begin(ms);
  try {
    return await Promise.race([call(both, () => fromTurnMs && !late && begin(fromTurnMs())), over]);
  } catch (error) {
    throw late && (!fromTurnMs || faultOf(error).sent === 'maybe') ? late : error;
  } finally {
    cancel();
    signal?.removeEventListener('abort', stop); // the process's own signal lives longer than the call
  }
};

/** Power's own record of a refused sign-in: nobody signs in again until the connection changes or is reset. */
const refused = async ({ connection }: DirectoryEntry, now: Now, signIns: SignIns) => {
  if (!connection) return;
  const { id, revision } = connection.target;
  const fact = { connectionId: id, revision, resetAt: connection.resetAt };
  const request = contextOf(policyActor('power', signInStream(id)), fact, now());
  const outcome = await signIns.transact(signInStream(id), fact, request);
  if (isRejection(outcome)) throw new Error(outcome.because);
};

const REFUSED = 'The provider refused the sign-in; nothing is sent until the connection is fixed.';
const UNCONFIGURED = 'The connection is no longer configured; nothing is sent to it.';

/** Why nothing may be sent: by what inventory tells, or, before it has heard of it, by power's own refusal. */
export const blockedBecause = async ({ connection }: DirectoryEntry, signIns: SignIns): Promise<string | null> => {
  if (!connection) return null;
  if (!connection.configured) return UNCONFIGURED;
  if (connection.blocked) return REFUSED;
  const { state } = await signIns.load(signInStream(connection.target.id));
  const own = state?.revision === connection.target.revision && state.resetAt === connection.resetAt;
  return own ? REFUSED : null;
};

const asFault = ({ code, detail }: ProviderFault): Fault =>
  code === 'sign_in_failed'
    ? { code: 'connection_blocked', detail: `The provider refused the sign-in: ${detail}` }
    : { code, detail };

/** A call's answer, or what went wrong and whether the call may have been taken all the same. */
export type Called<Answer> =
  | { readonly answer: Answer; readonly fault: null }
  | { readonly answer: null; readonly fault: Fault; readonly sent: ProviderFault['sent'] };

/** Calls a provider once, for at most so long. That it refused the sign-in is on record before anything follows. */
export const callProvider = async <Answer>(
  place: DirectoryEntry,
  limit: Limit,
  { clock, signIns }: Pick<ProviderPorts, 'clock' | 'signIns'>,
  call: Call<Answer>,
): Promise<Called<Answer>> => {
  try {
    return { answer: await within(clock, limit, call), fault: null };
  } catch (error) {
    if (limit.signal?.aborted) throw error; // the process stops: that says nothing about the provider
    const fault = faultOf(error);
    if (fault.code === 'sign_in_failed') await refused(place, () => clock.now(), signIns);
    return { answer: null, fault: asFault(fault), sent: fault.sent };
  }
};

/** Asks the provider now, for at most so long. Not readable is an observation, too: of nothing. */
export const look = async (place: DirectoryEntry | null, limit: Limit, ports: ProviderPorts): Promise<Look> => {
  const machine = place && machineAt(place);
  if (!place || !machine)
    return { reading: null, fault: { code: 'provider_unreachable', detail: 'It is not known where the machine is.' } };
  const because = await blockedBecause(place, ports.signIns);
  if (because !== null) return { reading: null, fault: { code: 'connection_blocked', detail: because } };
  const begun = ports.clock.monotonic();
  const { answer, fault } = await callProvider(place, limit, ports, (signal) =>
    ports.powerControl.read(machine, signal),
  );
  if (fault) return { reading: null, fault };
  ports.looks.took(machine.target.id, ports.clock.monotonic() - begun);
  const { ref, ...reading } = answer; // a fact holds what was read, not the provider's word for where
  return { reading, fault: null, ref };
};
