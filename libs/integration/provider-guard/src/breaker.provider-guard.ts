// The breaker of one connection: closed, open after three calls without an answer, half-open while one small question is on
// its way. Pauses grow and are partly random, so processes do not ask in step. Never: two questions at once. A few calls
// wait for a try; all others are refused at once, with the time of the next one, so that they hold no worker.
import { backOffMs, Instant } from '@drover/kernel';
import { ProviderFault, type Clock } from '@drover/ports';
import { givenUp } from './bulkhead.provider-guard.js';

/** So many calls in a row without an answer open it. */
const FAILURES = 3;
/** The shortest pause between two tries; the rest of a pause is chance, and grows. */
const PAUSE_MS = 1_000;
const BASE_MS = 500;
const CAP_MS = 4_000;
/** So many calls may wait for one try; the others are told at once, so that they hold nothing up. */
const SHARERS = 5;

/** What a breaker works with. `probe` asks the provider for the least there is; whether it was answered is its result. */
export interface BreakerPorts {
  readonly clock: Clock;
  readonly random: () => number;
  readonly probe: () => Promise<boolean>;
  /** Is told when the next try is; null when none is needed any more. */
  readonly tryAt: (at: Instant | null) => void;
}

/** Waits for what others wait for, too: whoever gives up is told at once, and does not end it for them. */
const unlessAborted = <Answer>(work: Promise<Answer>, signal: AbortSignal) =>
  new Promise<Answer>((done, fail) => {
    const giveUp = () => fail(givenUp());
    if (signal.aborted) giveUp();
    signal.addEventListener('abort', giveUp, { once: true });
    void work.then(done, fail).finally(() => signal.removeEventListener('abort', giveUp));
  });

/** Whether calls go through. */
export type BreakerState = 'closed' | 'half-open' | 'open';

interface OpenBreaker {
  /** How many tries were in vain. */
  tries: number;
  /** Why it was not reached the last time. */
  because: string;
  /** When the last try ended, and when the next one begins; monotonic. */
  triedAt: number;
  nextAt: number;
  callOff: () => void;
  trying: Promise<boolean> | null;
  sharers: number;
  readonly closed: Set<() => void>;
}

/**
 * Keeps calls from a provider that does not answer. While it is open one small question at a time finds out whether the
 * provider is back: at most one a second, the pause by chance and longer the longer it lasts, shorter when somebody asks.
 */
export const breakerOf = ({ clock, random, probe, tryAt }: BreakerPorts) => {
  let failures = 0;
  let open: OpenBreaker | null = null;

  const schedule = (of: OpenBreaker, ms: number) => {
    of.callOff();
    of.nextAt = clock.monotonic() + ms;
    of.callOff = clock.after(ms, () => void attempt(of));
    tryAt(Instant.plusSeconds(clock.now(), ms / 1000));
  };
  const attempt = (of: OpenBreaker) => {
    of.callOff();
    of.trying ??= probe().then((answered) => {
      of.trying = null;
      if (open !== of) return answered;
      if (answered) close();
      else {
        of.triedAt = clock.monotonic();
        schedule(of, PAUSE_MS + random() * backOffMs(BASE_MS, CAP_MS, of.tries++));
      }
      return answered;
    });
    return of.trying;
  };
  const close = () => {
    failures = 0;
    if (!open) return;
    const was = open;
    open = null;
    was.callOff();
    tryAt(null);
    for (const go of was.closed) go();
  };
  const trip = (because: string) => {
    if (open) return;
    const now = clock.monotonic();
    const fresh = { tries: 0, because, triedAt: now, nextAt: now, trying: null, sharers: 0 };
    open = { ...fresh, callOff: () => {}, closed: new Set() };
    schedule(open, PAUSE_MS + random() * BASE_MS);
  };
  const refusal = ({ because, nextAt }: OpenBreaker) => {
    const at = Instant.plusSeconds(clock.now(), Math.max(0, nextAt - clock.monotonic()) / 1000);
    const sentence = `The provider is not reached (${because}); it is tried again at ${at}. Nothing was sent.`;
    return new ProviderFault('provider_unreachable', sentence);
  };

  return {
    /** The provider answered something. */
    answered: close,
    /** A call ended without an answer. */
    failed: (because: string) => {
      failures += 1;
      if (open) open.because = because;
      else if (failures >= FAILURES) trip(because);
    },
    /** It was silent for too long. */
    trip,
    isOpen: () => open !== null,
    /** Half open: it is just being tried. */
    state: (): BreakerState => (!open ? 'closed' : open.trying ? 'half-open' : 'open'),
    /**
     * Lets a call through, or throws that the provider is not reached and when it is tried again. A call that comes when
     * a try may be made has it made at once, and waits for it with a few others, no longer than its signal lets it.
     */
    pass: async (signal: AbortSignal) => {
      const of = open;
      if (!of) return;
      const due = of.trying !== null || clock.monotonic() >= of.triedAt + PAUSE_MS;
      if (!due || of.sharers >= SHARERS) throw refusal(of);
      of.sharers += 1;
      const answered = await unlessAborted(attempt(of), signal).finally(() => (of.sharers -= 1));
      if (!answered) throw refusal(of);
    },
    /** Resolves when the provider is reached; ends early, too, when the signal is aborted. */
    reached: async (signal: AbortSignal) => {
      const of = open;
      if (!of) return;
      await new Promise<void>((done) => {
        const go = () => {
          signal.removeEventListener('abort', go);
          of.closed.delete(go);
          done();
        };
        if (signal.aborted) return done();
        signal.addEventListener('abort', go);
        of.closed.add(go);
      });
    },
    /** Nobody is guarded by it any more. */
    stop: close,
  };
};
