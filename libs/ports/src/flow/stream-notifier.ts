// Waits for a stream: an answer is read again after each append until it is good or the time is over. One subscription of the
// store serves all who wait. Never: a look by the clock.
import type { StreamId } from '@drover/kernel';
import { sleep, type Clock } from '../clock/clock.js';
import type { EventStore } from '../event-store/event-store.js';

/** Wakes whoever waits for a stream when something is appended to it. */
export interface StreamNotifier {
  /** Resolves after the next append, or when the signal is aborted. */
  next(stream: StreamId, signal: AbortSignal): Promise<void>;
}

/** One subscription of the store for all who wait. */
export const streamNotifier = (store: Pick<EventStore, 'subscribe'>): StreamNotifier => {
  const waiting = new Map<StreamId, Set<() => void>>();
  store.subscribe((commits) => {
    for (const { stream } of commits) for (const wake of waiting.get(stream) ?? []) wake();
  });
  return {
    next: (stream, signal) =>
      new Promise((done) => {
        const wakes = waiting.get(stream) ?? new Set();
        const leave = () => {
          wakes.delete(leave);
          if (wakes.size === 0 && waiting.get(stream) === wakes) waiting.delete(stream);
          signal.removeEventListener('abort', leave);
          done();
        };
        if (signal.aborted) return done();
        waiting.set(stream, wakes.add(leave));
        signal.addEventListener('abort', leave, { once: true });
      }),
  };
};

/** What waiting for a stream takes. */
export interface WaitPorts {
  readonly news: StreamNotifier;
  readonly clock: Clock;
  readonly stopping: AbortSignal;
}

/**
 * Reads now and after each append to the stream, until the answer is good; as it stands when the seconds are over or the
 * process stops. It never polls.
 */
export const readUntil = async <Answer>(
  { stream, seconds }: { readonly stream: StreamId; readonly seconds: number },
  read: () => Promise<Answer>,
  good: (answer: Answer) => boolean,
  { news, clock, stopping }: WaitPorts,
): Promise<Answer> => {
  const over = new AbortController();
  const enough = new AbortController();
  void sleep(clock, seconds * 1000, AbortSignal.any([enough.signal, stopping]))
    .catch(() => undefined)
    .then(() => over.abort());
  try {
    for (;;) {
      const woken = news.next(stream, over.signal); // before the look, so that nothing falls between
      const answer = await read();
      if (good(answer) || over.signal.aborted) return answer;
      await woken;
    }
  } finally {
    enough.abort();
  }
};
