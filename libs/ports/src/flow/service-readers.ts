// What reads for a service: its own views, and its consumers. Of all processes of a service one does, whoever holds the
// lease; the others read the views that it writes. When the lease is lost readers end; when it comes they begin from what is
// stored.
import type { LoopShare } from '@drover/kernel';
import { sleep, type Clock } from '../clock/clock.js';
import type { Consumer, Delivery, EventBus } from '../event-bus/event-bus.js';
import type { Lease } from '../lease/lease.js';
import { ViewsMoved, type Move } from '../view-store/view-store.js';
import type { Park } from './dead-letters.js';
import { logReader, type LogReader, type ReaderState } from './log-reader.js';
import { parkingOf, type Parking } from './parking.js';
import { standstill, writesOf } from './projecting.js';
import type { ServiceFlow } from './service-flow.js';
import { storedFacts, type StoredFact } from './stored-fact.js';
import { inTurn } from './turns.js';

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
  /** Begins to ask for the lease, and reads while it is held. */
  start(): void;
  /** Whether this process reads. */
  isReading(): boolean;
  /** Resolves when the views have everything that was stored when this was called, whoever writes them. */
  caughtUp(): Promise<void>;
  /** How the readers do; nothing where another process has them. */
  states(): Promise<readonly ReaderState[]>;
  readonly parks: readonly Park[];
  stop(): Promise<void>;
}

const LIMIT = 50; // small, so that sockets get their turn between two of them
/** How long after a failed beginning the next one is tried. */
const AGAIN_MS = 3_000;
/** How often it is looked whether another process has written what is waited for. */
const LOOK_MS = 200;
/** How often is followed what another process writes. */
const FOLLOW_MS = 500;

/** The service's own views, and where what they cannot take is parked. */
const ownViews = (flow: ServiceFlow, { clock, report, share }: ReaderPorts) => {
  const { service, eventStore, own, work } = flow;
  if (!own) return null;
  const { group, projections } = own;
  const name = `views of ${service}`;
  const turn = inTurn(); // a retry must not move the position back, nor write a row that was read before
  const fold = async (source: string, entries: readonly StoredFact[], move: Move) =>
    group.commit({ source, ...move, ...(await writesOf(group, projections, entries)) });
  const parking: Parking<StoredFact> | null = work
    ? parkingOf<StoredFact>({
        ...{ service, reader: name, work, clock, report, turn },
        keyOf: ({ stream }) => stream,
        idOf: ({ id }) => id,
        fold: async (source, entries, move) => fold(source, entries, move ?? (await standstill(group, source))),
      })
    : null;
  const read = (isHeld: () => boolean): LogReader =>
    logReader<StoredFact>({
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
        const [first] = commits;
        return {
          entries: commits.flatMap((commit) => storedFacts(commit)),
          upTo: commits.at(-1)?.position ?? after,
          ...(first && { since: first.metadata.at }),
        };
      },
      take: (slice) =>
        turn(async () => {
          assertHeld(isHeld, name);
          const { entries, from, upTo } = slice;
          await (parking ? parking.take({ ...slice, source: service }) : fold(service, entries, { from, upTo }));
        }),
      subscribe: (grown) => eventStore.subscribe((commits) => grown(commits.at(-1)?.position)),
    });
  /** Whether its views have everything up to now, whoever writes them. */
  const isAtEnd = async () => (await eventStore.readAll(await group.checkpoint(service), 1)).length === 0;
  return { parking, read, isAtEnd };
};

const assertHeld = (isHeld: () => boolean, name: string) => {
  if (!isHeld()) throw new ViewsMoved(`another process may have the ${name} by now`);
};

/** A consumer that takes nothing once its lease is over. */
const fenced = (consumer: Consumer, isHeld: () => boolean): Consumer => ({
  ...consumer,
  take: async (batch) => {
    assertHeld(isHeld, consumer.name);
    await consumer.take(batch);
  },
});

/** Nothing of a service is read before `start`. */
export const serviceReaders = (flow: ServiceFlow, ports: ReaderPorts): ServiceReaders => {
  const { service, consumers, leases, shift } = flow;
  const { bus, clock, report } = ports;
  const own = ownViews(flow, ports);
  const stopping = new AbortController();
  let reading: { readonly reader: LogReader | null; readonly deliveries: readonly Delivery[] } | null = null;
  let looking: Promise<void> = Promise.resolve();
  let beginning: Promise<void> | null = null;

  const parks = [...(own?.parking ? [own.parking] : []), ...consumers.flatMap(({ parking }) => parking ?? [])].map(
    (park): Park => ({
      ...park,
      letters: () => {
        if (!reading) park.leave(); // whoever reads may have parked more since it was loaded
        return park.letters();
      },
    }),
  );

  const begin = async (isHeld: () => boolean) => {
    for (const park of parks) park.leave(); // what another process has parked is read
    await shift?.takeOver();
    const reader = own?.read(isHeld) ?? null;
    reading = { reader, deliveries: consumers.map((consumer) => bus.deliver(fenced(consumer, isHeld))) };
  };
  const end = async () => {
    const ending = reading;
    reading = null;
    for (const park of parks) park.leave();
    await Promise.all([ending?.reader?.stop(), ...(ending?.deliveries ?? []).map((each) => each.stop())]);
  };

  /** Until this process reads: what the other one does is followed. */
  const follow = async () => {
    const leave = consumers.map((consumer) => bus.observe(consumer));
    while (!stopping.signal.aborted && !reading) {
      await shift?.follow().catch((error: unknown) => report(`following ${service}`, error));
      await sleep(clock, FOLLOW_MS, stopping.signal).catch(() => undefined);
    }
    for (const each of leave) each();
  };
  let following: Promise<void> | null = null;

  const untilOver = ({ signal }: Lease) =>
    new Promise<void>((done) => {
      const over = AbortSignal.any([signal, stopping.signal]);
      if (over.aborted) return done();
      over.addEventListener('abort', () => done(), { once: true });
    });
  const look = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const lease = await leases?.take('readers').catch((error: unknown) => report(`readers of ${service}`, error));
      if (!lease) {
        following ??= follow().finally(() => (following = null));
        await sleep(clock, leases?.askAgainMs ?? AGAIN_MS, stopping.signal).catch(() => undefined);
        continue;
      }
      try {
        beginning = begin(lease.isHeld);
        await beginning;
        await untilOver(lease);
      } catch (error) {
        report(`readers of ${service}`, error);
        await sleep(clock, AGAIN_MS, stopping.signal).catch(() => undefined);
      }
      await end();
      await lease.release().catch((error: unknown) => report(`readers of ${service}`, error));
    }
  };

  const isAtEnd = async () => {
    if (own && !(await own.isAtEnd())) return false;
    for (const consumer of consumers) if (!(await bus.isCaughtUp(consumer))) return false;
    return true;
  };
  const caughtUp = async () => {
    while (!stopping.signal.aborted) {
      if (leases)
        await beginning?.catch(() => undefined); // told already, and tried again
      else await beginning;
      if (reading) {
        await Promise.all([reading.reader?.caughtUp(), ...reading.deliveries.map((each) => each.caughtUp())]);
        return;
      }
      if (await isAtEnd()) return;
      await sleep(clock, LOOK_MS, stopping.signal).catch(() => undefined);
    }
  };

  return {
    start: () => {
      if (leases) looking = look();
      else beginning = begin(() => true);
    },
    isReading: () => reading !== null,
    caughtUp,
    states: async () => {
      if (!reading) return [];
      const states = await Promise.all(reading.deliveries.map((each) => each.readers()));
      return [...(reading.reader ? [await reading.reader.state()] : []), ...states.flat()];
    },
    parks,
    stop: async () => {
      stopping.abort();
      for (const park of parks) park.stop();
      await Promise.allSettled([looking, beginning, following]);
      await end();
    },
  };
};
