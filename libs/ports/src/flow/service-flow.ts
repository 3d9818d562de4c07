import { takenBy, type CloudEvent, type Service } from '@drover/contracts';
import type { Instant, Policy } from '@drover/kernel';
import type { Clock } from '../clock/clock.js';
import type { Consumer, EventBus, PublishedLog } from '../event-bus/event-bus.js';
import type { Commit, EventStore } from '../event-store/event-store.js';
import type { JobQueue } from '../job-queue/job-queue.js';
import type { ViewGroup } from '../view-store/view-store.js';
import { writesOf, type AnyProjection } from './projecting.js';
import { pump, type Pump, type ReaderState } from './pump.js';
import { publicEvents, storedFacts, type Publish, type StoredFact } from './stored-fact.js';

const LIMIT = 500;
const RECONCILE_MS = 10_000;

/** A policy, and which of the service's own commits wake it. */
export interface Woken {
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
  /** Who in the service listens to others. */
  readonly consumers: readonly Consumer[];
  readonly policies: readonly Woken[];
}

/** What flows need of the house. */
export interface FlowPorts {
  readonly bus: EventBus;
  readonly jobs: JobQueue;
  readonly clock: Clock;
  readonly report: (where: string, error: unknown) => void;
}

/** All flows of a process: gathered while modules are mounted, then started once. */
export interface Flows {
  add(flow: ServiceFlow): void;
  /** Views catch up, then policies work and the reconciler looks for what is unfinished, now and every ten seconds. */
  start(): Promise<void>;
  /** Policies end first, then readers. */
  stop(): Promise<void>;
  /** Instead of a start: every view is dropped and grown anew from the facts, then readers stop. No policy works. */
  rebuild(): Promise<void>;
  /** Resolves when every view and consumer has taken what is stored now. */
  caughtUp(): Promise<void>;
  /** How each view and consumer does. */
  readers(): Promise<readonly ReaderState[]>;
}

const earliest = (instants: readonly Instant[]) => instants.reduce((first, at) => (at < first ? at : first));

/** The public side of a store, as a log. */
const publishedLog = ({ service, eventStore, publish }: ServiceFlow): PublishedLog => ({
  service,
  after: async (position, limit) => {
    const commits = await eventStore.readAll(position, limit);
    const entries: readonly CloudEvent[] = commits.flatMap((commit) => publicEvents(service, publish, commit));
    return { entries, upTo: commits.at(-1)?.position ?? position };
  },
  subscribe: (grown) =>
    eventStore.subscribe((commits) => {
      const last = commits.at(-1);
      if (last) grown(last.position, earliest(commits.map(({ metadata }) => metadata.at)));
    }),
});

/** The service's own views, kept up with its store. */
const ownPump = ({ service, eventStore, own }: ServiceFlow, { clock, report }: FlowPorts): readonly Pump[] => {
  if (!own) return [];
  const { group, projections } = own;
  return [
    pump<StoredFact>({
      name: `views of ${service}`,
      clock,
      report,
      position: () => group.checkpoint(service),
      read: async (after) => {
        const commits = await eventStore.readAll(after, LIMIT);
        return { entries: commits.flatMap((commit) => storedFacts(commit)), upTo: commits.at(-1)?.position ?? after };
      },
      take: async ({ entries, upTo }) =>
        group.commit({ source: service, upTo, writes: await writesOf(group, projections, entries) }),
      subscribe: (grown) => eventStore.subscribe(grown),
    }),
  ];
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
  let pumps: readonly Pump[] = [];
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

  /** Readers of the stores and of the bus. Half-wired flows do not start: the message names what to add. */
  const read = async () => {
    for (const problem of unwired(flows)) throw new Error(problem);
    for (const flow of flows) {
      bus.offer(publishedLog(flow));
      for (const consumer of flow.consumers) bus.consume(consumer);
    }
    pumps = flows.flatMap((flow) => ownPump(flow, ports));
    bus.start();
    await caughtUp();
  };

  const stopReading = async () => {
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
    readers: async () => [...(await Promise.all(pumps.map((each) => each.state()))), ...(await bus.readers())],
    start: async () => {
      if (stopped) return;
      await read();
      if (stopped) return stopReading(); // given up while views caught up
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
      await jobs.stop();
      await stopReading();
    },
  };
};
