// Bounds what long work takes of each turn of the event loop. Never: a slice that is large; it is not interrupted.
import { yieldToEventLoop } from './clock.js';

/** What long works of one kind may take of the event loop together. */
export interface LoopShare {
  /**
   * Does a slice of work once it is its turn: one after the other, in the order in which they came, and no more in one turn
   * of the event loop than there is time for. A slice is not interrupted, so it is to be small. One that waits for something
   * outside holds nobody up: with the end of the turn the next one begins.
   */
  run<Result>(slice: () => Promise<Result>): Promise<Result>;
  /** The same for work that makes work for the others: it begins when none of theirs waits. */
  runSpare<Result>(slice: () => Promise<Result>): Promise<Result>;
}

/** Who is alone with his work: each slice is done at once, and he gives way by himself. */
export const unshared: LoopShare = { run: (slice) => slice(), runSpare: (slice) => slice() };

/** A share of so many milliseconds in each turn of the event loop, by a clock that only grows. */
export const loopShare = (monotonic: () => number, ms: number): LoopShare => {
  const waiting: (() => Promise<void>)[] = [];
  const spare: (() => Promise<void>)[] = [];
  let [busy, spent, counting] = [false, 0, false];

  /** What was spent counts until the turn is over, also when nothing waits any more. */
  const spend = (time: number) => {
    spent += time;
    if (counting) return;
    counting = true;
    void yieldToEventLoop().then(() => ([spent, counting] = [0, false]));
  };
  const work = async () => {
    while (waiting.length + spare.length > 0) {
      while (spent >= ms) await yieldToEventLoop();
      const begun = monotonic();
      await Promise.race([(waiting.shift() ?? spare.shift())?.(), yieldToEventLoop()]);
      spend(monotonic() - begun);
    }
    busy = false;
  };
  const after =
    (queue: typeof waiting) =>
    <Result>(slice: () => Promise<Result>) =>
      new Promise<Result>((done, fail) => {
        queue.push(() => slice().then(done, fail));
        if (busy) return;
        busy = true;
        void work();
      });
  return { run: after(waiting), runSpare: after(spare) };
};
