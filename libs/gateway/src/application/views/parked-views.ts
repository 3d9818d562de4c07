// What the gateway's views cannot take, on top of the parking that every reader has. The journal itself parks nothing, so
// here an event has its place already, or gets one when its commit can be parsed.
// Never: a second place for an event that the journal had.
import { isService, type CloudEvent, type Service } from '@drover/contracts';
import { Instant } from '@drover/kernel';
import {
  parkingOf,
  type ConsumerPark,
  type InTurn,
  type Journal,
  type JournalEntry,
  type Parking,
  type ParkingPorts,
} from '@drover/ports';
import * as z from 'zod';
import type { UnreadableCommits } from '../journal/unreadable-commits.js';
import type { Shown } from './views.js';

/** What the views could not take, by key: of a machine that is its id. */
export type ParkedViews = Pick<Parking<JournalEntry>, 'head' | 'size'> & {
  /**
   * Another word when something is parked, taken after all or given up: what is shown changes then, and the place does
   * not. The same word at every process.
   */
  readonly changes: () => string;
};

/** What parking takes beside the journal. */
interface ViewsParkingPorts extends ParkingPorts {
  readonly journal: Journal;
  readonly unreadable: UnreadableCommits;
  readonly turn: InTurn;
  /** Takes entries into the views, which show the journal up to there then. */
  readonly fold: (entries: readonly JournalEntry[], upTo: number) => Promise<void>;
  readonly shown: () => Shown;
  /** The name of their group. */
  readonly views: string;
  /** Brings the views, and who reads the streams, to the end of the journal. */
  readonly drained: () => Promise<void>;
}

const ParkedEntry = z.looseObject({ event: z.looseObject({ time: Instant.schema }) });

/** The event of a parked entry; null of one that could not be parsed. */
export const parkedEvent = (entry: unknown): z.output<typeof ParkedEntry>['event'] | null =>
  ParkedEntry.safeParse(entry).data?.event ?? null;

/**
 * The journal never parks: streams tell every event. What the views cannot take of it waits here, and the row it belongs
 * to is stale. A commit that could not be parsed is put into the journal when it is read again.
 */
export const viewsParking = (given: ViewsParkingPorts) => {
  const { journal, unreadable, turn, fold, shown, views, drained, ...ports } = given;
  const parking: Parking<JournalEntry> = parkingOf<JournalEntry>({
    ...ports,
    ...{ service: 'gateway', reader: 'gateway.views' },
    views,
    turn,
    hasBegun: async () => shown().position > 0,
    keyOf: ({ event }) => event.partitionkey,
    idOf: ({ event }) => `${event.source}/${event.id}`,
    fold: (_, entries, move) => fold(entries, move?.upTo ?? shown().position),
  });
  /** The events of a commit under their places. What the journal had of it, though it has trimmed that since, keeps them. */
  const journalled = async (service: Service, events: readonly CloudEvent[], upTo: number) => {
    const commit = { service, events, from: upTo - 1, upTo };
    const places = await journal.places(commit);
    const had = events.flatMap((event, i): readonly JournalEntry[] => {
      const position = places[i] ?? null;
      return position === null ? [] : [{ position, event }];
    });
    // What it did not have beside that was not told then, and is not told now: its place would be a later one.
    return had.length > 0 ? had : journal.append(commit);
  };
  const park: ConsumerPark = {
    reader: parking.reader,
    letters: async () =>
      (await parking.letters()).map((letter) =>
        typeof letter.event === 'string' ? letter : { ...letter, event: parkedEvent(letter.event) ?? {} },
      ),
    replay: async (id) => {
      const replayed = await parking.replay(id);
      if (replayed.is !== 'elsewhere') await turn(drained);
      return replayed;
    },
    discard: async (id) => {
      const discarded = await parking.discard(id);
      if (discarded === true) await unreadable.givenUp(parking.reader, id);
      if (discarded !== 'elsewhere') await turn(drained);
      return discarded;
    },
    readAgain: (read) =>
      parking.readAgain(async (service, position) => {
        if (!isService(service)) throw new Error(`${service} has no log`);
        const entries = await journalled(service, await read(service, position), position);
        await unreadable.journalled(service, position); // views of another shape read it there
        return entries;
      }),
    fence: parking.fence,
    load: parking.load,
    follow: parking.follow,
    leave: parking.leave,
    stop: parking.stop,
  };
  return {
    ...parking,
    park,
    changes: parking.mark,
  };
};
