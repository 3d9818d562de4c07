import { virtualClock } from '../clock/clock.memory.js';
import { turnsRed } from '../laws/testing.js';
import { jobQueueLaws } from './job-queue.contract.js';
import { memoryJobQueue } from './job-queue.memory.js';
import type { JobQueue } from './job-queue.js';

type Handler = Parameters<JobQueue['work']>[1];

const benchOf = (change: (queue: JobQueue) => Partial<JobQueue> = () => ({})) => {
  const clock = virtualClock();
  const queue = memoryJobQueue(clock);
  return { queue: { ...queue, ...change(queue) }, pass: clock.advance };
};

/** A queue that is right but for how it calls its handlers. */
const handling = (change: (handler: Handler, queue: JobQueue, job: string) => Handler) =>
  benchOf((queue) => ({
    work: (job, handler, concurrency) => queue.work(job, change(handler, queue, job), concurrency),
  }));

/** Wrong on purpose: a nudge is lost that comes before its worker. */
const forgetful = () => {
  const jobs = new Set<string>();
  return benchOf(({ nudge, work }) => ({
    nudge: (job, ...rest) => void (jobs.has(job) && nudge(job, ...rest)),
    work: (job, ...rest) => void work(jobs.add(job) && job, ...rest),
  }));
};

/** Wrong on purpose: each nudge is worked on for itself, as a plain list of messages does. */
const diligent = () => {
  let n = 0;
  return benchOf(({ nudge, work }) => ({
    nudge: (job, key, delayMs) => nudge(job, `${key}#${n++}`, delayMs),
    work: (job, handler, concurrency) =>
      work(job, (key, signal) => handler(key.replace(/#\d+$/, ''), signal), concurrency),
  }));
};

/** Wrong on purpose: what comes while its key is worked on is taken for a repeat. */
const deaf = () => {
  const busy = new Set<string>();
  return benchOf(({ nudge, work }) => ({
    nudge: (job, key, delayMs) => void (busy.has(key) || nudge(job, key, delayMs)),
    work: (job, handler, concurrency) => {
      const look: Handler = (key, signal) => handler(key, signal).finally(() => busy.delete(key));
      work(job, (key, signal) => look((busy.add(key), key), signal), concurrency);
    },
  }));
};

/** Wrong on purpose: of the moments that were asked for while it works on a key it keeps the last. */
const tardy = () => {
  const busy = new Map<string, number>();
  return benchOf(({ nudge, work }) => ({
    nudge: (job, key, delayMs = 0) => {
      const before = busy.get(key);
      if (before === undefined) nudge(job, key, delayMs);
      else busy.set(key, Math.max(before, delayMs));
    },
    work: (job, handler, concurrency) => {
      const after = (key: string) => {
        const delayMs = busy.get(key) ?? -1;
        busy.delete(key);
        if (delayMs >= 0) nudge(job, key, delayMs);
      };
      const look: Handler = (key, signal) => handler(key, signal).finally(() => after(key));
      work(job, (key, signal) => look((busy.set(key, -1), key), signal), concurrency);
    },
  }));
};

/** Wrong on purpose: who threw is not called again. */
const resigned = () => handling((handler) => (key, signal) => handler(key, signal).catch(() => {}));

/** Wrong on purpose: who threw is called again after the same short while, for ever. */
const hot = () =>
  handling((handler, queue, job) => (key, signal) => handler(key, signal).catch(() => queue.nudge(job, key, 20)));

/** Wrong on purpose: nobody hears of what fails. */
const discreet = () => benchOf(() => ({ failing: () => [] }));

/** Wrong on purpose: it works on everything at once. */
const greedy = () => benchOf(({ work }) => ({ work: (job, handler) => work(job, handler) }));

/** Wrong on purpose: it does not tell the handlers that it stops. */
const silent = () => handling((handler) => (key) => handler(key, new AbortController().signal));

/** Wrong on purpose: it does not wait for what runs. */
const abrupt = () => benchOf(({ stop }) => ({ stop: async () => void stop() }));

/** Wrong on purpose: it works on after it stopped. */
const tireless = () => {
  const handlers = new Map<string, Handler>();
  let stopped = false;
  return benchOf(({ nudge, work, stop }) => ({
    nudge: (job, key, ms) =>
      stopped ? void handlers.get(job)?.(key, new AbortController().signal) : nudge(job, key, ms),
    work: (job, handler, concurrency) => void work(job, handlers.set(job, handler) && handler, concurrency),
    stop: () => stop().finally(() => (stopped = true)),
  }));
};

const stops = 'stops: aborts what runs, waits for it, takes no more';
const names = 'names the keys whose worker throws, and why, until it gets on';
const oneLook = 'makes one look of nudges that wait, at the earliest moment';
const meanwhile = 'never works on one key twice at once, and looks again after a nudge that came meanwhile';
const earliest =
  'looks again at the earliest of the moments asked for meanwhile, and no later for having thrown or been nudged';

turnsRed(jobQueueLaws, benchOf, [
  [forgetful, 'hands every key that was nudged to the worker, whichever came first'],
  [diligent, oneLook, meanwhile, earliest, names],
  [deaf, meanwhile, earliest],
  [tardy, earliest],
  [
    resigned,
    earliest,
    'calls a handler that threw again',
    'calls a handler that goes on throwing later and later',
    names,
  ],
  [hot, 'calls a handler that goes on throwing later and later', names],
  [discreet, names],
  [greedy, 'works on no more keys at once than it was told'],
  [silent, stops],
  [abrupt, stops],
  [tireless, stops],
]);
