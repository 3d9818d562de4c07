// The parts that a service's readers come in: the views of its own events, each consumer that writes views, and all others
// together. Each part has a lease, and can be asked whether it has what there was.
// Never: an event taken once the lease of its part is over.
import type { LoopShare } from '@drover/kernel';
import type { Clock } from '../clock/clock.js';
import type { Consumer, Delivery, EventBus } from '../event-bus/event-bus.js';
import { JournalMoved } from '../journal/journal.js';
import type { ConsumerPark, Park } from './dead-letters.js';
import type { ReaderState } from './log-reader.js';
import { assertHeld, ownViews, type OwnViews } from './own-views.js';
import type { ServiceFlow } from './service-flow.js';

/** What readers need of the process. */
export interface ReaderPorts {
  readonly bus: EventBus;
  readonly clock: Clock;
  readonly report: (where: string, error: unknown) => void;
  /** What readers may take of the event loop together; without it each gives way by itself. */
  readonly share?: LoopShare;
}

const READERS = 'readers';
/** The lease of a group of views. */
export const viewsOf = (group: string) => `views-${group}`;

/** A reader at work, of whatever kind. */
export type RunningReader = Pick<Delivery, 'caughtUp' | 'caughtUpOrAway' | 'stop'> & {
  states(): Promise<readonly ReaderState[]>;
};

const readingOf = (views: OwnViews, isHeld: () => boolean): RunningReader => {
  const reader = views.read(isHeld);
  const { caughtUp, stop } = reader;
  return { caughtUp, caughtUpOrAway: caughtUp, stop, states: async () => [await reader.state()] }; // its own events it waits for
};

/** Whether its reader may go on, and what it calls where it must begin anew. */
interface Tenure {
  isHeld(): boolean;
  /** Another writer has begun though this process holds the lease: whoever is first to begin again is the writer. */
  anew(): void;
}

/** Brings a consumer events. It takes none once its lease is over, or another writer has begun. */
const delivering = (bus: EventBus, consumer: Consumer, { isHeld, anew }: Tenure): RunningReader => {
  const fenced: Consumer = {
    ...consumer,
    take: async (batch) => {
      assertHeld(isHeld, consumer.name);
      await consumer.take(batch).catch((error: unknown) => {
        if (error instanceof JournalMoved) anew();
        throw error;
      });
    },
  };
  const { caughtUp, caughtUpOrAway, readers, stop } = bus.deliver(fenced);
  return { caughtUp, caughtUpOrAway, stop, states: readers };
};

/** Readers that one process has together. */
export interface ReaderPart {
  readonly what: string;
  readonly lease: string;
  readonly parks: readonly (Park | ConsumerPark)[];
  begin(tenure: Tenure): readonly RunningReader[];
  /** What all processes watch that do not read. */
  readonly watched: readonly Consumer[];
  /** Asks whether the views have what there is when this is called, whoever writes them. */
  upToNow(): Promise<() => Promise<boolean>>;
  readonly shift?: NonNullable<ServiceFlow['shift']>;
}

/** The parts of a flow, that of the lease `readers` first. */
export const partsOf = (flow: ServiceFlow, ports: ReaderPorts): readonly ReaderPart[] => {
  const { service, consumers, shift } = flow;
  const { bus } = ports;
  const parksOf = (each: readonly Consumer[]) => each.flatMap(({ parking }) => parking ?? []);
  const consumersUpToNow = async (each: readonly Consumer[]) => {
    const have = await Promise.all(each.map(bus.upToNow));
    return async () => {
      for (const has of have) if (!(await has())) return false;
      return true;
    };
  };
  const others = consumers.filter(({ views }) => views === undefined);
  const main: ReaderPart = {
    ...{ what: `readers of ${service}`, lease: READERS, parks: parksOf(others), watched: others },
    ...(shift && { shift }),
    begin: (tenure) => others.map((consumer) => delivering(bus, consumer, tenure)),
    upToNow: async () => {
      const taken = await consumersUpToNow(others);
      let have: (() => boolean) | null = null;
      return async () => {
        if (!(await taken())) return false;
        have ??= (await shift?.upToNow()) ?? (() => true); // what was taken: the views need not have what came since
        return have();
      };
    },
  };
  const own = ownViews(flow, ports);
  const ofOwn = own && {
    ...{ what: `views of ${service}`, lease: viewsOf(own.group), parks: own.parking ? [own.parking] : [], watched: [] },
    begin: ({ isHeld }: Tenure) => [readingOf(own, isHeld)],
    upToNow: own.upToNow,
  };
  const ofViews = consumers.flatMap((consumer): readonly ReaderPart[] => {
    const { name, views } = consumer;
    if (views === undefined) return [];
    return [
      {
        ...{ what: name, lease: viewsOf(views), parks: parksOf([consumer]), watched: [consumer] },
        begin: (tenure) => [delivering(bus, consumer, tenure)],
        upToNow: () => consumersUpToNow([consumer]),
      },
    ];
  });
  return [main, ...(ofOwn ? [ofOwn] : []), ...ofViews];
};
