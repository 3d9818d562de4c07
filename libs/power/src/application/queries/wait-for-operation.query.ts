import { hasEnded } from '@drover/contracts';
import { defineQuery, OperationId, type StreamId } from '@drover/kernel';
import { sleep, type Clock, type EventStore } from '@drover/ports';
import * as z from 'zod';
import { noSuchOperation, readOperation, type OperationPorts } from './get-operation.query.js';

/** Wakes whoever waits for a stream when something is appended to it. */
export interface StreamNews {
  next(stream: StreamId, signal: AbortSignal): Promise<void>;
}

/** One subscription of the store for all who wait. */
export const streamNews = (store: EventStore): StreamNews => {
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

/** What waiting takes. */
export interface WaitPorts extends OperationPorts {
  readonly news: StreamNews;
  readonly clock: Clock;
  readonly stopping: AbortSignal;
}

/** Holds the answer until the operation has ended, the seconds are over or the process stops; says how it stands. */
export const waitForOperation = defineQuery({
  name: 'operation.wait',
  input: z.strictObject({
    id: OperationId.schema,
    seconds: z.number().min(0),
    /** Look again at an outcome that is unknown. */
    settled: z.boolean().default(false),
  }),
  needs: () => [], // whoever asked for the operation waits for it
  async handle({ id, seconds, settled }, _actor, ports: WaitPorts) {
    const { news, clock, stopping } = ports;
    const enough = new AbortController();
    const timer = sleep(clock, seconds * 1000, AbortSignal.any([enough.signal, stopping])).catch(() => undefined);
    const over = new AbortController();
    void timer.then(() => over.abort());
    try {
      for (;;) {
        const woken = news.next(OperationId.stream(id), over.signal); // before the look, so that nothing falls between
        const operation = await readOperation(id, ports);
        if (!operation) return noSuchOperation();
        const done = settled ? operation.state !== 'unknown' : hasEnded(operation);
        if (done || over.signal.aborted) return operation;
        await woken;
      }
    } finally {
      enough.abort();
    }
  },
});
