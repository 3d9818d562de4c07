// Wakes requests that wait for the views. Never: a word on what has changed; whoever was woken looks.
import type { Clock } from '@drover/ports';

/** Wakes whoever waits for the views to grow. */
export interface ViewNotifier {
  grown(): void;
  /**
   * Resolves when the views grow, when the time is over, or when the process stops; whoever waited looks for itself.
   */
  next(ms: number): Promise<void>;
}

/** Waiting without asking again and again: each waiter has one timer and is gone when it was woken. */
export const viewNotifier = (clock: Clock, stopping: AbortSignal): ViewNotifier => {
  const waiters = new Set<() => void>();
  const wakeAll = () => [...waiters].forEach((wake) => wake());
  stopping.addEventListener('abort', wakeAll, { once: true });
  return {
    grown: wakeAll,
    next: (ms) =>
      new Promise((done) => {
        if (stopping.aborted || ms <= 0) return done();
        const wake = () => {
          cancel();
          waiters.delete(wake);
          done();
        };
        const cancel = clock.after(ms, wake);
        waiters.add(wake);
      }),
  };
};
