// The port to time: it tells the time of day, counts on, and waits. The two ways of counting are apart, because the time of
// day can be set. Never: a duration from `now()`.
import type { Instant } from '@drover/kernel';

/** Tells the time and waits. Only through this port does anything wait, so a test can make hours pass at once. */
export interface Clock {
  /** The time of day, for facts. It may jump. */
  now(): Instant;
  /** Milliseconds that only ever grow, for durations and leases. */
  monotonic(): number;
  /** Calls once, later. Returns how to call it off. */
  after(ms: number, call: () => void): () => void;
}

/** Resolves later, or rejects with the signal's reason as soon as it is aborted. */
export const sleep = (clock: Clock, ms: number, signal?: AbortSignal) =>
  new Promise<void>((done, fail) => {
    if (signal?.aborted) return fail(signal.reason as Error);
    const abort = () => {
      cancel();
      fail(signal?.reason as Error);
    };
    const cancel = clock.after(ms, () => {
      signal?.removeEventListener('abort', abort);
      done();
    });
    signal?.addEventListener('abort', abort, { once: true });
  });
