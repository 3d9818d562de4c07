import { takenBy, type CloudEvent, type Service } from '@drover/contracts';
import { eachStep, StreamId, type Instant, type LoopShare, type Policy } from '@drover/kernel';
import type { Clock } from '../clock/clock.js';
import type { Consumer, EventBus, PublishedLog } from '../event-bus/event-bus.js';
import type { Commit, EventStore } from '../event-store/event-store.js';
import type { JobQueue } from '../job-queue/job-queue.js';
import type { Move, ViewGroup } from '../view-store/view-store.js';
import type { WorkStore } from '../work-store/work-store.js';
import { deadLettersOf, type DeadLetters, type Park } from './dead-letters.js';
import { parkingOf } from './parking.js';
import { standstill, writesOf, type AnyProjection } from './projecting.js';
import { logReader, type LogReader, type ReaderState, type Slice } from './log-reader.js';
import { publicEvents, storedFacts, type Publish, type StoredFact } from './stored-fact.js';
import { inTurn } from './turns.js';

const LIMIT = 50; // small, so that sockets get their turn between two of them
const RECONCILE_MS = 10_000;

/** A policy, and which of the service's own commits wake it. */
export interface PolicyTrigger {
  readonly policy: Policy;
  /** The key that a commit may have given something to do. */
  readonly wakes: (commit: Commit) => string | null;
  readonly concurrency?: number;
}

/** How the facts of a service flow: out to everyone, into its own views, to the policies that act on them. */
export interface ServiceFlow {
  readonly service: Service;
  readonly eventStore: EventStore;
  readonly publish: Publish;
  /** Views of the service's own facts. */
  readonly own?: { readonly group: ViewGroup; readonly projections: readonly AnyProjection<StoredFact>[] };
  /** Where facts are parked that its own views cannot take; without it they are brought again until they do. */
  readonly work?: WorkStore;
  /** Who in the service listens to others. */
  readonly consumers: readonly Consumer[];
  readonly policies: readonly PolicyTrigger[];
  /** Records what must be known before the service is ready. Where it fails, a policy records it later. */
  readonly begin?: () => Promise<void>;
}

/** What flows need of the house. */
export interface FlowPorts {
  readonly bus: EventBus;
  readonly jobs: JobQueue;
  readonly clock: Clock;
  readonly report: (where: string, error: unknown) => void;
  /** What readers may take of the event loop together; without it each gives way by itself. */
  readonly share?: LoopShare;
}

/** All flows of a process: gathered while modules are mounted, then started once. */
export interface Flows {
  add(flow: ServiceFlow): void;
  /** Views catch up, what must be known is recorded and seen; then policies work and the reconciler looks for what is unfinished, now and every ten seconds. */
  start(): Promise<void>;
  /** Policies end first, then readers. */
  stop(): Promise<void>;
  /** Instead of a start: every view is dropped and rebuilt from the facts, then readers stop. No policy works. */
  rebuild(): Promise<void>;
  /** Resolves when every view and consumer has taken what is stored now. */
  caughtUp(): Promise<void>;
  /** What views and consumers could not take. */
  readonly deadLetters: DeadLetters;
  /** How each view and consumer does. */
  readers(): Promise<readonly ReaderState[]>;
}

/** A commit that nobody can say to others. Its stream names whom it is about. */
const unreadableIn = (commit: Commit, error: unknown): NonNullable<Slice<CloudEvent>['unreadable']> => {
  const { stream, position } = commit;
  return { position, key: StreamId.key(StreamId.category(stream), stream), bytes: JSON.stringify(commit), error };
};

const earliest = (instants: readonly Instant[]) => instants.reduce((first, at) => (at < first ? at : first));

/** The public side of a store, as a log. */
const publishedLog = ({ service, eventStore, publish }: ServiceFlow): PublishedLog => ({
  service,
  after: async (position, limit) => {
    const entries: CloudEvent[] = [];
    let upTo = position;
    for (const commit of await eventStore.readAll(position, limit)) {
      try {
        entries.push(...publicEvents(service, publish, commit));
      } catch (error) {
        if (upTo > position) break; // what is before it goes first
        return { entries: [], upTo: commit.position, unreadable: unreadableIn(commit, error) };
      }
      upTo = commit.position;
    }
    return { entries, upTo };
  },
  subscribe: (grown) =>
    eventStore.subscribe((commits) => {
      const last = commits.at(-1);
      if (last) grown(last.position, earliest(commits.map(({ metadata }) => metadata.at)));
    }),
});

/** The service's own views, kept up with its store, and where what they cannot take is parked. */
const ownReader = (
  flow: ServiceFlow,
  { clock, report, share }: FlowPorts,
): { readonly pump: LogReader; readonly park?: Park } | null => {
  const { service, eventStore, own, work } = flow;
  if (!own) return null;
  const { group, projections } = own;
  const name = `views of ${service}`;
  const turn = inTurn(); // a retry must not move the position back, nor write a row that was read before
  const fold = async (source: string, entries: readonly StoredFact[], move: Move) =>
    group.commit({ source, ...move, ...(await writesOf(group, projections, entries)) });
  const parking = work
    ? parkingOf<StoredFact>({
        ...{ service, reader: name, work, clock, report, turn },
        keyOf: ({ stream }) => stream,
        idOf: ({ id }) => id,
        fold: async (source, entries, move) => fold(source, entries, move ?? (await standstill(group, source))),
      })
    : null;
  const reader = logReader<StoredFact>({
    name,
    clock,
    report,
    ...(share && { share }),
    position: async () => {
      const position = await group.checkpoint(service);
      if (position === 0)
        await turn(async () => parking?.forget()); // views that begin anew judge anew
      else await parking?.load();
      return position;
    },
    read: async (after) => {
      const commits = await eventStore.readAll(after, LIMIT);
      return { entries: commits.flatMap((commit) => storedFacts(commit)), upTo: commits.at(-1)?.position ?? after };
    },
    take: (slice) =>
      turn(() =>
        parking
          ? parking.take({ ...slice, source: service })
          : fold(service, slice.entries, { from: slice.from, upTo: slice.upTo }),
      ),
    subscribe: (grown) => eventStore.subscribe(grown),
  });
  return { pump: reader, ...(parking && { park: parking }) };
};

/** What a consumer listens to of a commit that could not be parsed before. */
const readAgain = async (log: PublishedLog | undefined, position: number, { listensTo }: Consumer) => {
  if (!log) throw new Error('nobody here has that log');
  const { entries, unreadable } = await log.after(position - 1, 1);
  if (unreadable) throw unreadable.error;
  return listensTo === 'all' ? entries : entries.filter(({ type }) => listensTo.has(type));
};

/** What of the flows does not fit together: a job with two policies, an event that the topology says is listened to and is not. */
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
  return [...twice.map((name) => `two policies are named ${name}: rename one`), ...deaf];
};

/** Gathers and runs the flows of one process. */
export const flowsOf = (ports: FlowPorts): Flows => {
  const { bus, jobs, clock, report } = ports;
  const flows: ServiceFlow[] = [];
  const leave: (() => void)[] = [];
  let pumps: readonly LogReader[] = [];
  let parks: readonly Park[] = [];
  let stopped = false;
  let rest: (() => void) | null = null;

  const reconcile = async () => {
    for (const { policies } of flows)
      for (const { policy } of policies)
        try {
          for (const key of await policy.unfinished()) jobs.nudge(policy.name, key);
        } catch (error) {
          report(`reconciler of ${policy.name}`, error);
        }
    if (!stopped) rest = clock.after(RECONCILE_MS, () => void reconcile());
  };

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
    const consumers = flows.flatMap((flow) => flow.consumers);
    for (const consumer of consumers) {
      consumer.parking?.readAgain((source, position) => readAgain(logs.get(source), position, consumer));
      bus.consume(consumer);
    }
    const own = flows.flatMap((flow) => ownReader(flow, ports) ?? []);
    pumps = own.map(({ pump: reader }) => reader);
    parks = [...own.flatMap(({ park }) => park ?? []), ...consumers.flatMap(({ parking }) => parking ?? [])];
    bus.start();
    await caughtUp();
  };

  const stopReading = async () => {
    for (const park of parks) park.stop();
    await bus.stop();
    await Promise.all(pumps.map((each) => each.stop()));
  };

  const caughtUp = async () => {
    await Promise.all(pumps.map((each) => each.caughtUp()));
    await bus.caughtUp();
  };

  return {
    add: (flow) => {
      if (flows.some(({ service }) => service === flow.service))
        throw new Error(`two flows of ${flow.service}: mount its module once`);
      flows.push(flow);
    },
    caughtUp,
    deadLetters: deadLettersOf(() => parks),
    readers: async () => [...(await Promise.all(pumps.map((each) => each.state()))), ...(await bus.readers())],
    start: async () => {
      if (stopped) return;
      await read();
      if (stopped) return stopReading(); // given up while views caught up
      await Promise.all(flows.map(begun));
      await caughtUp();
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
