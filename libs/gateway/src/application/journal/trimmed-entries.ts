// What the journal has trimmed, for views that still need it: read from the logs of the services, put under the places that
// the journal gave. A slice of what the journal remembers is read at once, and of each log only the events of that slice are
// kept. Never: an event at another place than its own, or one that the journal did not have. Nothing here parks; who takes a
// part parks what could not be parsed, when it is its turn.
import type { CloudEvent, Service } from '@drover/contracts';
import { yieldToEventLoop, type EventMark } from '@drover/kernel';
import { markOf, type Journal, type JournalEntry, type LogRange, type ReadLog, type Unreadable } from '@drover/ports';

/** A commit of a service that cannot be parsed any more. */
interface LostCommit {
  readonly service: Service;
  readonly commit: Unreadable;
}

/** Some of what the journal has trimmed, up to a place. Of an event that nobody tells any more its place is passed over. */
export interface TrimmedPart {
  readonly entries: readonly JournalEntry[];
  readonly upTo: number;
  /** Instead of entries: at that place stood an event of this commit. */
  readonly lost?: LostCommit;
}

/** What trimmed entries are read with. */
interface TrimmedEntriesPorts {
  readonly journal: Pick<Journal, 'trimmed'>;
  readonly readLog: ReadLog;
}

/** What stood at a place, as far as the log still tells. */
type Place = JournalEntry | { readonly position: number; readonly lost: LostCommit };

/** So many commits of a log are read at once. */
const LIMIT = 50;

/** Of a part of a log the events with these marks, and the commits that may hold them and cannot be parsed. */
const eventsIn = async (service: Service, { from, upTo }: LogRange, marks: readonly EventMark[], readLog: ReadLog) => {
  const wanted = new Set(marks);
  const events = new Map<EventMark, CloudEvent>();
  const lost = new Map<EventMark, LostCommit>();
  for (let at = from; at < upTo && wanted.size > 0;) {
    const slice = await readLog(service, at, Math.min(LIMIT, upTo - at));
    if (slice.upTo <= at) break; // the log ends before: what it lacks nobody can tell
    for (const event of slice.entries) if (wanted.delete(markOf(event))) events.set(markOf(event), event);
    const commit = slice.unreadable;
    for (const id of commit?.ids ?? [])
      if (commit && wanted.delete(markOf({ id }))) lost.set(markOf({ id }), { service, commit });
    at = slice.upTo;
    await yieldToEventLoop();
  }
  return { events, lost };
};

/**
 * Reads what the journal has trimmed from the logs of the services, in the journal's order and under its places. Null after
 * a place where the journal remembers nothing.
 */
export const trimmedEntries = ({ journal, readLog }: TrimmedEntriesPorts) => {
  let slice: { readonly places: readonly Place[]; readonly upTo: number } = { places: [], upTo: 0 }; // given in parts
  let from = Infinity;
  const sliceAfter = async (place: number) => {
    if (from <= place && place < slice.upTo) return slice;
    const trimmed = await journal.trimmed(place);
    if (!trimmed) return null;
    const found = new Map<Service, Awaited<ReturnType<typeof eventsIn>>>();
    for (const { service, ...range } of trimmed.logs) {
      const marks = trimmed.entries.flatMap((each) => (each.service === service ? [each.mark] : []));
      found.set(service, await eventsIn(service, range, marks, readLog));
    }
    const told = new Set<Unreadable>();
    const places = trimmed.entries.flatMap(({ position, service, mark }): readonly Place[] => {
      const event = found.get(service)?.events.get(mark);
      if (event) return [{ position, event }];
      const lost = found.get(service)?.lost.get(mark);
      if (!lost || told.has(lost.commit)) return [];
      told.add(lost.commit); // of several events the first one's place
      return [{ position, lost }];
    });
    from = place;
    return (slice = { places, upTo: trimmed.upTo });
  };
  return {
    after: async (place: number, limit: number): Promise<TrimmedPart | null> => {
      const found = await sliceAfter(place);
      if (!found) return null;
      const left = found.places.filter(({ position }) => position > place);
      const [first] = left;
      if (first && 'lost' in first) return { entries: [], upTo: first.position, lost: first.lost };
      const entries: JournalEntry[] = [];
      for (const each of left.slice(0, limit)) {
        if ('lost' in each) break; // what is before it goes first
        entries.push(each);
      }
      return { entries, upTo: left.length > entries.length ? (entries.at(-1)?.position ?? place) : found.upTo };
    },
    /** What was read is of no use any more: the journal began anew. */
    forget: () => {
      from = Infinity;
    },
  };
};
