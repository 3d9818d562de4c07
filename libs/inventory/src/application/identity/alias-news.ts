// Wakes whoever waits for news of aliases. Never: a wait that misses what was heard before it began; a count is compared.
import type { Clock } from '@drover/ports';

/** What is heard of aliases wakes whoever waits for it. */
export interface AliasNews {
  /** How often something was heard: to be asked before one looks. */
  count(): number;
  /** Something was heard. */
  heard(): void;
  /** Resolves when something was heard since that count, or after some milliseconds. */
  since(count: number, ms: number): Promise<void>;
}

/** Nothing was heard yet. */
export const aliasNews = (clock: Pick<Clock, 'after'>): AliasNews => {
  const waiting = new Set<() => void>();
  let count = 0;
  return {
    count: () => count,
    heard: () => {
      count += 1;
      for (const wake of waiting) wake();
    },
    since: (before, ms) =>
      new Promise<void>((done) => {
        if (count > before) return done();
        const wake = () => {
          waiting.delete(wake);
          cancel();
          done();
        };
        const cancel = clock.after(ms, wake);
        waiting.add(wake);
      }),
  };
};
