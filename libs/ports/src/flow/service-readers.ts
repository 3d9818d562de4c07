// What reads for a service. Each group of views has a lease of its own, named after its shape: of all processes that have the
// group one writes it. One process of the service holds the lease of its readers: it reconciles, and it has the consumers that
// write something else than views. The others read what is written, and follow it.
// Never: a wait for an end that moves; where a log ends is asked once.
import type { LoopShare } from '@drover/kernel';
import { sleep, type Clock } from '../clock/clock.js';
import type { Consumer, Delivery, EventBus } from '../event-bus/event-bus.js';
import { JournalMoved } from '../journal/journal.js';
import type { Leases } from '../lease/lease.js';
import type { ConsumerPark, Park } from './dead-letters.js';
import { leasedWork, type LeasedWork } from './leased-work.js';
import type { ReaderState } from './log-reader.js';
import { assertHeld, ownViews, type OwnViews } from './own-views.js';
import type { CatchUp, ServiceFlow } from './service-flow.js';

/** What readers need of the process. */
export interface ReaderPorts {
  readonly bus: EventBus;
  readonly clock: Clock;
  readonly report: (where: string, error: unknown) => void;
  /** What readers may take of the event loop together; without it each gives way by itself. */
  readonly share?: LoopShare;
}

/** The readers of a service, wherever they run. */
export interface ServiceReaders {
  /** Begins to ask for leases, and reads while they are held. */
  start(): void;
  /** Whether this process reads for the service, and reconciles. */
  isReading(): boolean;
  /**
   * Resolves when the views of this process have everything that was stored when this was called, whoever writes them; also
   * when it is stopped, and where a store lacks what it had, for nobody waits for that.
   */
  caughtUp(): Promise<void>;
  /** How far its views have got of what there was at the start; null where nobody can say. */
  catchUp(): CatchUp | null;
  /** How the readers do; nothing where another process has them. */
  states(): Promise<readonly ReaderState[]>;
  readonly parks: readonly Park[];
  stop(): Promise<void>;
}

/** How often it is looked whether another process has written what is waited for. */
const LOOK_MS = 200;
const READERS = 'readers';
const viewsOf = (group: string) => `views-${group}`;

/** A reader at work, of whatever kind. */
type Reading = Pick<Delivery, 'caughtUp' | 'stop'> & { states(): Promise<readonly ReaderState[]> };

const readingOf = (views: OwnViews, isHeld: () => boolean): Reading => {
  const reader = views.read(isHeld);
  return { caughtUp: reader.caughtUp, stop: reader.stop, states: async () => [await reader.state()] };
};

/** Whether its reader may go on, and what it calls where it must begin anew. */
interface Tenure {
  isHeld(): boolean;
  /** Another writer has begun though this process holds the lease: whoever is first to begin again is the writer. */
  anew(): void;
}

/** Brings a consumer events. It takes none once its lease is over, or another writer has begun. */
const delivering = (bus: EventBus, consumer: Consumer, { isHeld, anew }: Tenure): Reading => {
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
  const { caughtUp, readers, stop } = bus.deliver(fenced);
  return { caughtUp, stop, states: readers };
};

/** Readers that one process has together. */
interface Part {
  readonly what: string;
  readonly lease: string;
  readonly parks: readonly (Park | ConsumerPark)[];
  begin(tenure: Tenure): readonly Reading[];
  /** What all processes watch that do not read. */
  readonly watched: readonly Consumer[];
  /** Asks whether the views have what there is when this is called, whoever writes them. */
  upToNow(): Promise<() => Promise<boolean>>;
  readonly shift?: NonNullable<ServiceFlow['shift']>;
}

/** The parts of a flow, that of the lease `readers` first. */
const partsOf = (flow: ServiceFlow, ports: ReaderPorts): readonly Part[] => {
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
  const main: Part = {
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
  const ofViews = consumers.flatMap((consumer): readonly Part[] => {
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

/** A part, wherever it runs. */
const partReaders = (part: Part, leases: Leases | undefined, { bus, clock, report }: ReaderPorts) => {
  const { what, shift } = part;
  const stopping = new AbortController();
  let reading: readonly Reading[] | null = null;
  let works: readonly LeasedWork[] = [];
  let alone: Promise<void> | null = null;
  let unwatch: (() => void)[] = [];

  for (const park of part.parks) park.fence(() => reading !== null);
  const parks = part.parks.map((park): Park => ({
    ...park,
    letters: () => {
      if (!reading) park.leave(); // whoever reads may have parked more since it was loaded
      return park.letters();
    },
  }));
  /** What another process parks is known here, too: who asks whether a key is parked asks any process. */
  const followParks = async () => {
    for (const park of part.parks) {
      if (reading) return;
      park.leave();
      await park.load();
    }
  };
  const leave = () => part.parks.forEach((park) => park.leave());
  const watch = () => {
    unwatch = part.watched.map((consumer) => bus.observe(consumer));
  };
  const endWatch = () => unwatch.splice(0).forEach((each) => each());

  const begin = async (isHeld: () => boolean, anew: () => void) => {
    if (!shift) leave(); // what another process has parked is read
    await shift?.takeOver(isHeld);
    endWatch();
    reading = part.begin({ isHeld, anew });
  };
  const end = async () => {
    const ending = reading ?? [];
    reading = null;
    leave();
    await Promise.all(ending.map((each) => each.stop()));
    if (!stopping.signal.aborted) watch();
  };

  /** The lease of the views first: only who has brought them up to date may write what they are made of. */
  const shiftWork = ({ views, keepUp, follow }: NonNullable<Part['shift']>, of: Leases): readonly LeasedWork[] => {
    const ports = { leases: of, clock, report };
    let inner: LeasedWork | null = null;
    const outer = leasedWork(
      {
        ...{ what: `views of ${what}`, lease: viewsOf(views) },
        begin: async (isHeld) => {
          leave();
          const both = (other: () => boolean) => () => isHeld() && other();
          inner = leasedWork(
            {
              ...{ what, lease: part.lease, end },
              begin: (isReader, anew) => begin(both(isReader), anew),
              may: () => keepUp(both(() => !stopping.signal.aborted)),
            },
            ports,
          );
        },
        end: async () => {
          await inner?.stop();
          inner = null;
          leave();
        },
        meanwhile: async () => {
          await of.isAlive(part.lease, ''); // who asks sees its holder fall silent
          await follow();
        },
      },
      ports,
    );
    const begun = async () => void (await inner?.begun());
    return [outer, { begun, stop: async () => {} }];
  };

  const start = () => {
    if (!leases) {
      const isHeld = () => !stopping.signal.aborted;
      alone = (async () => {
        await shift?.keepUp(isHeld);
        await begin(isHeld, () => {}); // nobody else is there who could have begun
      })();
      return;
    }
    watch();
    works = shift
      ? shiftWork(shift, leases)
      : [leasedWork({ what, lease: part.lease, begin, end, meanwhile: followParks }, { leases, clock, report })];
  };

  const caughtUp = async () => {
    let have: (() => Promise<boolean>) | null = null;
    while (!stopping.signal.aborted) {
      await alone;
      for (const { begun } of works) await begun();
      if (reading) {
        await Promise.all(reading.map((each) => each.caughtUp()));
        return;
      }
      have ??= await part.upToNow();
      if (await have()) return;
      await sleep(clock, LOOK_MS, stopping.signal).catch(() => undefined);
    }
  };

  return {
    ...{ start, caughtUp, parks },
    isReading: () => reading !== null,
    catchUp: () => shift?.catchUp() ?? null,
    states: async () => (await Promise.all((reading ?? []).map((each) => each.states()))).flat(),
    stop: async () => {
      stopping.abort();
      for (const park of part.parks) park.stop();
      endWatch();
      await Promise.allSettled([alone, ...works.map((each) => each.stop())]);
      await end();
    },
  };
};

/** Nothing of a service is read before `start`. */
export const serviceReaders = (flow: ServiceFlow, ports: ReaderPorts): ServiceReaders => {
  const parts = partsOf(flow, ports).map((part) => partReaders(part, flow.leases, ports));
  const [main] = parts;
  return {
    start: () => parts.forEach((each) => each.start()),
    isReading: () => main?.isReading() ?? false,
    caughtUp: async () => void (await Promise.all(parts.map((each) => each.caughtUp()))),
    catchUp: () => main?.catchUp() ?? null,
    states: async () => (await Promise.all(parts.map((each) => each.states()))).flat(),
    parks: parts.flatMap((each) => each.parks),
    stop: async () => void (await Promise.all(parts.map((each) => each.stop()))),
  };
};
