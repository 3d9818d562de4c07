// The views of a service's own events: read from its store, written by whoever holds their lease. A write whose lease is over
// is refused before it is made. Never: a wait for what the store leaves out of its log.
import type { Clock } from '../clock/clock.js';
import { ViewsMoved, type Move } from '../view-store/view-store.js';
import { logReader, type LogReader, type LogReaderOptions } from './log-reader.js';
import { parkingOf } from './event-parking.js';
import type { Parking } from './parking.js';
import { standstill, writesOf } from './projecting.js';
import type { ServiceFlow } from './service-flow.js';
import { storedFacts, type StoredFact } from './stored-fact.js';
import { inTurn } from './turns.js';

/** What reading for own views takes of the process. */
interface OwnViewsPorts extends Pick<LogReaderOptions<StoredFact>, 'share' | 'report'> {
  readonly clock: Clock;
}

/** The views of a service's own facts. */
export interface OwnViews {
  readonly group: string;
  /** Where what they cannot take is parked; null where it is brought again until they do. */
  readonly parking: Parking<StoredFact> | null;
  /** Begins to bring them up to date. */
  read(isHeld: () => boolean): LogReader;
  /** Asks whether they have what is stored when this is called, whoever writes them. */
  upToNow(): Promise<() => Promise<boolean>>;
}

const LIMIT = 50; // small, so that sockets get their turn between two of them

/** Throws ViewsMoved once a lease is over: who has it now writes. */
export const assertHeld = (isHeld: () => boolean, name: string) => {
  if (!isHeld()) throw new ViewsMoved(`another process may have the ${name} by now`);
};

/** The service's own views; null where it has none. */
export const ownViews = (flow: ServiceFlow, { clock, report, share }: OwnViewsPorts): OwnViews | null => {
  const { service, eventStore, own, work } = flow;
  if (!own) return null;
  const { group, projections } = own;
  const name = `views of ${service}`;
  const turn = inTurn(); // a retry must not move the position back, nor write a row that was read before
  const fold = async (source: string, entries: readonly StoredFact[], move: Move) =>
    group.commit({ source, ...move, ...(await writesOf(group, projections, entries)) });
  const parking: Parking<StoredFact> | null = work
    ? parkingOf<StoredFact>({
        ...{ service, reader: name, work, clock, report, turn, views: group.name },
        keyOf: ({ stream }) => stream,
        idOf: ({ id }) => id,
        hasBegun: async () => (await group.checkpoint(service)) > 0,
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
  const upToNow = async () => {
    let failing = false;
    /** A store that cannot be asked now is asked again: without its own events a service answers what is not true. */
    const asked = async <Value>(question: () => Promise<Value>): Promise<Value | null> =>
      question().catch((error: unknown) => {
        if (!failing) report(name, error);
        failing = true;
        return null;
      });
    let end = await asked(eventStore.end);
    return async () => {
      end ??= await asked(eventStore.end);
      if (end === null) return false;
      const at = await group.checkpoint(service);
      if (at >= end) return true;
      const left = await asked(() => eventStore.readAll(at, 1));
      return left !== null && left.length === 0; // what the store leaves out is not waited for
    };
  };
  return { group: group.name, parking, read, upToNow };
};
