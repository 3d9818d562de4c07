// The job queue of one process: keys with a due time, one run for each key at once. A nudge during a run makes one more
// look. Never: store anything; a lost nudge is made again by the reconciler, so work must not depend on one.
import { backOffMs } from '@drover/kernel';
import type { Clock } from '../clock/clock.js';
import type { JobQueue } from './job-queue.js';

interface Entry {
  due: number;
  cancel: (() => void) | null;
  state: 'waiting' | 'ready' | 'running';
  /** When to look again after the present run; null when nobody asked. */
  again: number | null;
  failures: number;
  error: string;
}

interface Worker {
  readonly handler: (key: string, signal: AbortSignal) => Promise<void>;
  readonly concurrency: number;
}

const BASE_MS = 200;
const CAP_MS = 30_000;

/** The queue of one process, embedded mode's own: what is lost with it is nudged again by the reconciler at boot. */
export const memoryJobQueue = (
  clock: Clock,
  report: (job: string, key: string, error: unknown) => void = () => {},
  random: () => number = Math.random,
): JobQueue => {
  const workers = new Map<string, Worker>();
  const jobs = new Map<string, Map<string, Entry>>();
  const ready = new Map<string, string[]>();
  const running = new Map<string, number>();
  const ending = new Set<Promise<void>>();
  const stop = new AbortController();
  const entriesOf = (job: string) => jobs.get(job) ?? jobs.set(job, new Map()).get(job)!;
  const readyOf = (job: string) => ready.get(job) ?? ready.set(job, []).get(job)!;

  const schedule = (job: string, key: string, entry: Entry, delayMs: number) => {
    entry.cancel?.();
    entry.due = clock.monotonic() + delayMs;
    entry.state = 'waiting';
    entry.cancel = clock.after(delayMs, () => {
      entry.cancel = null;
      entry.state = 'ready';
      readyOf(job).push(key);
      pull(job);
    });
  };

  const run = async (job: string, key: string, entry: Entry, { handler }: Worker) => {
    entry.state = 'running';
    running.set(job, (running.get(job) ?? 0) + 1);
    try {
      await handler(key, stop.signal);
      entry.failures = 0;
    } catch (error) {
      if (!stop.signal.aborted) report(job, key, error);
      entry.failures += 1;
      entry.error = error instanceof Error ? error.message : String(error);
      const delay = random() * backOffMs(BASE_MS, CAP_MS, entry.failures);
      entry.again = Math.min(entry.again ?? Infinity, clock.monotonic() + delay);
    }
    running.set(job, (running.get(job) ?? 1) - 1);
    if (entry.again === null || stop.signal.aborted) entriesOf(job).delete(key);
    else {
      const delay = Math.max(0, entry.again - clock.monotonic());
      entry.again = null;
      schedule(job, key, entry, delay);
    }
    pull(job);
  };

  const pull = (job: string) => {
    const worker = workers.get(job);
    while (worker && !stop.signal.aborted && (running.get(job) ?? 0) < worker.concurrency) {
      const key = readyOf(job).shift();
      const entry = key !== undefined && entriesOf(job).get(key);
      if (!entry) return;
      const end = run(job, key, entry, worker).finally(() => ending.delete(end));
      ending.add(end);
    }
  };

  return {
    nudge: (job, key, delayMs = 0) => {
      if (stop.signal.aborted) return;
      const entry = entriesOf(job).get(key);
      const due = clock.monotonic() + delayMs;
      if (!entry) {
        const fresh: Entry = { due, cancel: null, state: 'waiting', again: null, failures: 0, error: '' };
        entriesOf(job).set(key, fresh);
        schedule(job, key, fresh, delayMs);
      } else if (entry.state === 'running') entry.again = Math.min(entry.again ?? Infinity, due);
      else if (entry.state === 'waiting' && due < entry.due) schedule(job, key, entry, delayMs);
    },
    work: (job, handler, concurrency = 32) => {
      if (workers.has(job)) throw new Error(`two workers for the job ${job}: register one`);
      workers.set(job, { handler, concurrency });
      pull(job);
    },
    failing: () =>
      [...jobs].flatMap(([job, entries]) =>
        [...entries]
          .filter(([, { failures }]) => failures > 0)
          .map(([key, { failures, error }]) => ({ job, key, failures, error })),
      ),
    stop: async () => {
      stop.abort(new Error('the process stops'));
      for (const entries of jobs.values()) for (const entry of entries.values()) entry.cancel?.();
      await Promise.all(ending);
    },
  };
};
