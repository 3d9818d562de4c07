// The line to one connection: a call waits for the breaker, then for a place, and is ended by its time limit. How each call
// ended tells the breaker and the contact whether the provider answers. Never: count what the provider itself refused as
// silence, or send a call again; whoever called decides that.
import type { ConnectionTarget } from '@drover/kernel';
import { ProviderFault, type Clock, type ContactRecord } from '@drover/ports';
import { breakerOf } from './breaker.provider-guard.js';
import { bulkheadOf } from './bulkhead.provider-guard.js';
import { pulseOf } from './pulse.provider-guard.js';
import { within } from './time-limit.provider-guard.js';

/** Of the eight sockets to a provider these are for calls; the others are for the stream, a listing and the ping. */
const PLACES = 5;
const PING_MS = 5_000;
/** After how long without an answer it is asked: when nothing else is, and while something else is unanswered. */
const IDLE_MS = 5_000;
const ANXIOUS_MS = 2_500;

/** What the line to a provider works with. `ping`: the least that can be asked. */
export interface LinePorts {
  readonly clock: Clock;
  readonly random: () => number;
  readonly contact: ContactRecord;
  readonly ping: (target: ConnectionTarget, signal: AbortSignal) => Promise<void>;
}

/** How long a call may take, whether it may have been taken by then, and whether its silence means anything. */
export interface Terms {
  readonly ms: number;
  readonly sent: ProviderFault['sent'];
  /** It may take long by its nature: only how it ends says something of the provider. */
  readonly patient: boolean;
}

/** Nothing that the provider itself said: no connection, or no answer. */
const unanswered = (error: unknown): error is ProviderFault =>
  error instanceof ProviderFault && ['provider_unreachable', 'no_answer', 'certificate_refused'].includes(error.code);

/** Everything that this process asks of one connection goes through one line, whoever asks. */
export const lineOf = (target: ConnectionTarget, { clock, random, contact, ping }: LinePorts) => {
  const { id } = target;
  const bulkhead = bulkheadOf(PLACES);
  const life = new AbortController();

  const heard = () => breaker.answered();
  /** What the end of a call says of the provider. Whoever gave up himself says nothing. */
  const ended = (error: unknown, signal: AbortSignal) => {
    if (error instanceof ProviderFault && error.code === 'sign_in_failed') pulse.stop(); // nobody speaks to it any more
    if (!unanswered(error)) heard();
    else if (!signal.aborted && error.code !== 'certificate_refused') breaker.failed(error.detail);
  };
  const asking = async <Answer>(
    { ms, sent, patient }: Terms,
    work: (signal: AbortSignal) => Promise<Answer>,
    signal: AbortSignal,
  ) => {
    const question = patient ? null : contact.asked(id);
    const late = new ProviderFault('no_answer', `no answer within ${ms / 1000} s`, sent);
    try {
      const answer = await within({ clock, ms, late }, work, signal);
      (question ?? contact.asked(id)).answered();
      heard();
      return answer;
    } catch (error) {
      if (unanswered(error)) question?.unanswered(error.detail);
      else (question ?? contact.asked(id)).answered();
      ended(error, signal);
      throw error;
    }
  };

  const asked = (signal: AbortSignal) =>
    asking({ ms: PING_MS, sent: 'no', patient: false }, (until) => ping(target, until), signal);
  const breaker = breakerOf({
    clock,
    random,
    probe: () =>
      asked(life.signal).then(
        () => true,
        (error: unknown) => !unanswered(error),
      ),
    tryAt: (at) => {
      contact.tryAt(id, at);
      if (at !== null) bulkhead.clear(); // whoever waits for a turn hears at once that there is none
    },
  });

  const isDue = () => {
    const { ms, asked: missing } = contact.silence(id);
    return !breaker.isOpen() && ms >= (missing ? ANXIOUS_MS : IDLE_MS);
  };
  const pulse = pulseOf(clock, isDue, () => asked(life.signal));

  return {
    target,
    breaker,
    /** One call, in its turn, within its time, and not while the provider is known not to answer. */
    call: async <Answer>(terms: Terms, work: (signal: AbortSignal) => Promise<Answer>, signal: AbortSignal) => {
      await breaker.pass(signal);
      const leave = await bulkhead.enter(signal, terms.patient); // a look came before each call that is sent
      try {
        await breaker.pass(signal); // it may have fallen silent meanwhile
        return await asking(terms, work, signal);
      } finally {
        leave();
      }
    },
    /** Something came that nobody had asked for just now. */
    heard: () => {
      contact.asked(id).answered();
      heard();
    },
    ended,
    /** Asks by itself when nothing else does, until the signal is aborted. */
    keep: (signal: AbortSignal) => {
      if (pulse.isOn() || life.signal.aborted || signal.aborted) return;
      signal.addEventListener('abort', pulse.stop, { once: true });
      pulse.start();
    },
    stop: () => {
      pulse.stop();
      life.abort(new Error('the line is given up'));
      breaker.stop();
      contact.forget(id);
    },
  };
};
/** A line to one connection, until it is stopped. */
export type ProviderLine = ReturnType<typeof lineOf>;
