// All flows of a process: their stores are offered to the bus as public logs, readers are started, and policies work once
// views have caught up. Never: a start that is half-wired; the sentence says what to add.
import { jobsBetween, takenBy, type CloudEvent, type Service } from '@drover/contracts';
import { eachStep, StreamId, type Instant } from '@drover/kernel';
import type { Consumer, PublishedLog, ReadLog } from '../event-bus/event-bus.js';
import type { Commit } from '../event-store/event-store.js';
import type { JobQueue } from '../job-queue/job-queue.js';
import { deadLettersOf, type DeadLetters } from './dead-letters.js';
import type { ReaderState, LogSlice } from './log-reader.js';
import type { ReaderPorts } from './reader-parts.js';
import type { CatchUp, ServiceFlow } from './service-flow.js';
import { serviceReaders, type ServiceReaders } from './service-readers.js';
import { publicEvents } from './stored-fact.js';

const RECONCILE_MS = 10_000;

/** What flows need of the process. */
export interface FlowPorts extends ReaderPorts {
  readonly jobs: JobQueue;
}

/** All flows of a process: gathered while modules are mounted, then started once. */
export interface Flows {
  add(flow: ServiceFlow): void;
  /**
   * Views catch up, what must be known is recorded and seen; then policies work and the reconciler looks for what is
   * unfinished, now and every ten seconds. What another service tells and cannot be read now is not waited for.
   */
  start(): Promise<void>;
  /** Policies end first, then readers. */
  stop(): Promise<void>;
  /** Instead of a start: every view is dropped and rebuilt from the facts, then readers stop. No policy works. */
  rebuild(): Promise<void>;
  /** Resolves when every view and consumer has taken what is stored now. */
  caughtUp(): Promise<void>;
  /** How far the views of a service have got that are built from what there is; null when none are, as far as is known. */
  catchUp(): CatchUp | null;
  /** What views and consumers could not take. */
  readonly deadLetters: DeadLetters;
  /** How each view and consumer does. */
  readers(): Promise<readonly ReaderState[]>;
}

/** A commit that nobody can say to others. Its stream names whom it is about. */
const unreadableIn = (commit: Commit, error: unknown): NonNullable<LogSlice<CloudEvent>['unreadable']> => {
  const { stream, position, facts } = commit;
  const key = StreamId.key(StreamId.category(stream), stream);
  return { position, key, ids: facts.map(({ id }) => id), bytes: JSON.stringify(commit), error };
};

const earliest = (instants: readonly Instant[]) => instants.reduce((first, at) => (at < first ? at : first));

/** The public side of a store, as a log. */
const publishedLog = ({ service, eventStore, publish }: ServiceFlow): PublishedLog => ({
  service,
  after: async (position, limit) => {
    const entries: CloudEvent[] = [];
    let upTo = position;
    const commits = await eventStore.readAll(position, limit);
    const since = commits[0] && { since: commits[0].metadata.at };
    for (const commit of commits) {
      try {
        entries.push(...publicEvents(service, publish, commit));
      } catch (error) {
        if (upTo > position) break; // what is before it goes first
        return { entries: [], upTo: commit.position, ...since, unreadable: unreadableIn(commit, error) };
      }
      upTo = commit.position;
    }
    return { entries, upTo, ...since };
  },
  end: eventStore.end,
  subscribe: (grown) =>
    eventStore.subscribe((commits) => {
      const last = commits.at(-1);
      if (last) grown(last.position, earliest(commits.map(({ metadata }) => metadata.at)));
    }),
});

/** What a consumer listens to of a commit that could not be parsed before. */
const readAgain = async (log: PublishedLog | undefined, position: number, { listensTo }: Consumer) => {
  if (!log) throw new Error('nobody here has that log');
  const { entries, unreadable } = await log.after(position - 1, 1);
  if (unreadable) throw unreadable.error;
  return listensTo === 'all' ? entries : entries.filter(({ type }) => listensTo.has(type));
};

/**
 * What of the flows does not fit together: a job with two policies, a job that is nudged and has none, an event that the
 * topology says is listened to and is not.
 */
const unwired = (flows: readonly ServiceFlow[]): readonly string[] => {
  const names = flows.flatMap(({ policies }) => policies.map(({ policy }) => policy.name));
  const twice = names.filter((name, i) => names.indexOf(name) !== i);
  const deaf = flows.flatMap(({ service, consumers }) =>
    takenBy(service)
      .filter((type) => !consumers.some(({ listensTo }) => listensTo === 'all' || listensTo.has(type)))
      .map(
        (type) =>
          `${service} should listen to ${type} and does not: add it to a projection, or take it out of contracts/src/topology.ts`,
      ),
  );
  const isHere = (service: Service) => flows.some((flow) => flow.service === service);
  const unworked = flows.flatMap(({ service, nudges = [] }) =>
    nudges
      .map((job) => ({ job, worker: jobsBetween[job] ?? service }))
      .filter(({ job, worker }) => isHere(worker) && !names.includes(job))
      .map(
        ({ job, worker }) => `${service} nudges ${job} and ${worker} has no policy of that name: add it to its flow`,
      ),
  );
  return [...twice.map((name) => `two policies are named ${name}: rename one`), ...unworked, ...deaf];
};

/** Gathers and runs the flows of one process. */
export const flowsOf = (ports: FlowPorts): Flows => {
  const { bus, jobs, clock, report } = ports;
  const flows: ServiceFlow[] = [];
  const leave: (() => void)[] = [];
  let readers: readonly (ServiceReaders & { readonly service: Service })[] = [];
  let stopped = false;
  let rest: (() => void) | null = null;

  const reconcile = async () => {
    for (const { service, policies } of flows)
      for (const { policy, fenced = false } of policies) {
        if (!fenced && !isReading(service)) continue;
        try {
          for (const key of await policy.unfinished()) jobs.nudge(policy.name, key);
        } catch (error) {
          report(`reconciler of ${policy.name}`, error);
        }
      }
    if (!stopped) rest = clock.after(RECONCILE_MS, () => void reconcile());
  };

  const isReading = (of: Service) => readers.some(({ service, isReading: is }) => service === of && is());

  const begun = async ({ service, begin }: ServiceFlow) => {
    try {
      await begin?.();
    } catch (error) {
      report(`start of ${service}`, error);
    }
  };

  /** Readers of the stores and of the bus. Half-wired flows do not start: the message names what to add. */
  const read = async () => {
    for (const problem of unwired(flows)) throw new Error(problem);
    const logs = new Map<string, PublishedLog>(flows.map((flow) => [flow.service, publishedLog(flow)]));
    for (const log of logs.values()) bus.offer(log);
    const readLog: ReadLog = async (service, after, limit) => {
      const log = logs.get(service);
      if (!log) throw new Error(`nobody here has the log of ${service}`);
      return log.after(after, limit);
    };
    for (const consumer of flows.flatMap(({ consumers }) => consumers)) {
      consumer.parking?.readAgain((source, position) => readAgain(logs.get(source), position, consumer));
      consumer.logs?.(readLog);
    }
    readers = flows.map((flow) => ({ service: flow.service, ...serviceReaders(flow, ports) }));
    for (const each of readers) each.start();
  };

  const stopReading = async () => void (await Promise.all(readers.map((each) => each.stop())));
  const caughtUpOrAway = async () => void (await Promise.all(readers.map((each) => each.caughtUpOrAway())));
  const caughtUp = async () => void (await Promise.all(readers.map((each) => each.caughtUp())));

  return {
    add: (flow) => {
      if (flows.some(({ service }) => service === flow.service))
        throw new Error(`two flows of ${flow.service}: mount its module once`);
      flows.push(flow);
    },
    caughtUp,
    catchUp: () => {
      const open = readers.flatMap((each) => each.catchUp() ?? []).filter(({ done, of }) => done < of);
      return open[0] ?? null;
    },
    deadLetters: deadLettersOf(() => readers.flatMap(({ parks }) => parks)),
    readers: async () => (await Promise.all(readers.map((each) => each.states()))).flat(),
    start: async () => {
      if (stopped) return;
      await read();
      await caughtUpOrAway();
      if (stopped) return stopReading(); // given up while views caught up
      await Promise.all(flows.map(begun));
      await caughtUpOrAway();
      if (stopped) return stopReading();
      for (const { eventStore, policies } of flows)
        for (const { policy, wakes, concurrency } of policies) {
          leave.push(
            eventStore.subscribe((commits) => {
              for (const commit of commits) {
                const key = wakes(commit);
                if (key !== null) jobs.nudge(policy.name, key);
              }
            }),
          );
          jobs.work(policy.name, (key, signal) => policy.advance(key, signal), concurrency);
        }
      await reconcile();
    },
    rebuild: async () => {
      for (const { own, consumers } of flows) {
        await own?.group.reset();
        for (const consumer of consumers) await consumer.reset?.();
      }
      await read();
      await caughtUp();
      await stopReading();
    },
    stop: async () => {
      stopped = true;
      rest?.();
      for (const each of leave) each();
      await eachStep(jobs.stop, stopReading);
    },
  };
};
