// Ends work on time, though an adapter may not listen to its signal. Never: a timer that stays when the work has ended.
import type { Clock, ProviderFault } from '@drover/ports';

/** How long some work may take, and what it ends with when that is over. */
export interface TimeLimit {
  readonly clock: Pick<Clock, 'after'>;
  readonly ms: number;
  readonly late: ProviderFault;
}

/** Does some work that is ended after some time, whether or not it listens to its signal. */
export const within = async <Answer>(
  { clock, ms, late }: TimeLimit,
  work: (signal: AbortSignal) => Promise<Answer>,
  signal: AbortSignal,
) => {
  const limit = new AbortController();
  let cancel = () => {};
  const over = new Promise<never>((_, fail) => {
    cancel = clock.after(ms, () => {
      fail(late);
      limit.abort(late);
    });
  });
  try {
    return await Promise.race([work(AbortSignal.any([signal, limit.signal])), over]);
  } finally {
    cancel();
  }
};
