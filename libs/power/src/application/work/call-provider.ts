// One call to a provider, with its time limit and the words for what went wrong. Never: a second try; whoever calls decides
// that by what is on record. That a sign-in was refused is recorded before anything follows.
import { faultOf, ProviderFault, type Clock } from '@drover/ports';
import type { Fault } from '../../domain/power-work.js';
import type { DirectoryEntry } from '../directory/directory.js';
import { recordRefusedSignIn, type SignIns } from './sign-ins.js';

/** What a call takes. */
export interface CallPorts {
  readonly clock: Clock;
  readonly signIns: SignIns;
}

/** For how long a call that changes something is listened to after its time, for it may say that it was never sent. */
const LAST_WORD_MS = 500;

/** How long a call may take, and what ends it before that. */
export interface CallLimit {
  readonly ms: number;
  readonly signal?: AbortSignal;
  /** Of a call that changes something: how long it may take from its turn on, when it has had to wait for one. */
  readonly fromTurnMs?: () => number;
}

/** A call. `onTurn`: it has waited for its turn, and has it. */
type TimedCall<Answer> = (signal: AbortSignal, onTurn: () => void) => Promise<Answer>;

/**
 * Calls with a time limit. A provider that does not listen to its signal is left alone with its answer; one that does
 * has the last word on a call that changes something: what was never sent is not left in doubt.
 */
const within = async <Answer>(clock: Clock, { ms, signal, fromTurnMs }: CallLimit, call: TimedCall<Answer>) => {
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

const asFault = ({ code, detail }: ProviderFault): Fault =>
  code === 'sign_in_failed'
    ? { code: 'connection_blocked', detail: `The provider refused the sign-in: ${detail}` }
    : { code, detail };

/** A call's answer, or what went wrong and whether the call may have been taken all the same. */
export type CallAnswer<Answer> =
  | { readonly is: 'answered'; readonly answer: Answer }
  | { readonly is: 'failed'; readonly fault: Fault; readonly sent: ProviderFault['sent'] };

/** Calls a provider once, for at most so long. That it refused the sign-in is on record before anything follows. */
export const callProvider = async <Answer>(
  entry: DirectoryEntry,
  limit: CallLimit,
  { clock, signIns }: CallPorts,
  call: TimedCall<Answer>,
): Promise<CallAnswer<Answer>> => {
  try {
    return { is: 'answered', answer: await within(clock, limit, call) };
  } catch (error) {
    if (limit.signal?.aborted) throw error; // the process stops: that says nothing about the provider
    const fault = faultOf(error);
    if (fault.code === 'sign_in_failed') await recordRefusedSignIn(entry, clock.now(), signIns);
    return { is: 'failed', fault: asFault(fault), sent: fault.sent };
  }
};
