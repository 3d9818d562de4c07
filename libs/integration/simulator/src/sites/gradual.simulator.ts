// Runs a generator in slices, so that setting up a large fleet does not hold the event loop. The first slice runs at once.
// Never: hand over a generator whose step itself takes long; only the time between two steps is measured.
import { yieldToEventLoop } from '@drover/kernel';
import type { Clock } from '@drover/ports';

/** How much is done before others have their turn: so many steps, or so long, whichever comes first. */
const STEPS = 1000;
const SLICE_MS = 5;

/** A long work that holds nobody up. */
export interface Gradual {
  /** Does the first slice at once, so that a small work is done when this returns, and the others by and by. */
  begin(): void;
  /** Resolves when it is done; rejects with what went wrong. */
  readonly done: Promise<void>;
  isDone(): boolean;
  /** Does the rest at once, for whoever cannot wait. Throws what went wrong. */
  finish(): void;
  /** Leaves the rest undone. */
  stop(): void;
}

/** Does a work step by step, a slice between two turns of everybody else. */
export const gradually = (work: Generator<unknown, void>, clock: Pick<Clock, 'monotonic'>): Gradual => {
  let resolve = () => {};
  let reject: (error: unknown) => void = () => {};
  const promise = new Promise<void>((done, fail) => ([resolve, reject] = [done, fail]));
  promise.catch(() => {}); // nobody may wait for it
  let state: 'going' | 'done' | 'over' = 'going';

  const some = (steps: number, ms: number) => {
    const until = clock.monotonic() + ms;
    try {
      for (let n = 0; n < steps && clock.monotonic() < until; n++)
        if (work.next().done) {
          state = 'done';
          return resolve();
        }
    } catch (error) {
      state = 'over';
      reject(error);
      throw error;
    }
  };
  const others = async () => {
    for (await yieldToEventLoop(); state === 'going'; await yieldToEventLoop()) some(STEPS, SLICE_MS);
  };
  return {
    done: promise,
    isDone: () => state === 'done',
    begin: () => {
      some(STEPS, SLICE_MS);
      void others().catch(() => {}); // whoever waits is told
    },
    finish: () => {
      if (state === 'going') some(Infinity, Infinity);
    },
    stop: () => {
      if (state !== 'going') return;
      state = 'over';
      work.return();
    },
  };
};
