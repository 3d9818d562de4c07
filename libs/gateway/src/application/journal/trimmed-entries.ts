import type { CloudEvent, Service } from '@drover/contracts';
import { yieldToEventLoop } from '@drover/kernel';
import { markOf, type Journal, type JournalEntry, type LogRange, type ReadLog, type Unreadable } from '@drover/ports';

/** Some of what the journal has trimmed, up to a place. Of an event that nobody tells any more its place is passed over. */
export interface TrimmedPart {
  readonly entries: readonly JournalEntry[];
  readonly upTo: number;
}

/** What trimmed entries are read with. */
export interface TrimmedEntriesPorts {
  readonly journal: Pick<Journal, 'trimmed'>;
  readonly readLog: ReadLog;
  /** Told of a commit that cannot be parsed any more. */
  readonly unreadable: (service: Service, commit: Unreadable) => Promise<void>;
}

/** So many commits of a log are read at once. */
const LIMIT = 50;

/** The events of a part of a log, by their marks. */
const eventsIn = async (
  service: Service,
  { from, upTo }: LogRange,
  { readLog, unreadable }: Pick<TrimmedEntriesPorts, 'readLog' | 'unreadable'>,
) => {
  const events = new Map<string, CloudEvent>();
  for (let at = from; at < upTo;) {
    const slice = await readLog(service, at, Math.min(LIMIT, upTo - at));
    if (slice.upTo <= at) break; // the log ends before: what it lacks nobody can tell
    for (const event of slice.entries) events.set(markOf(event), event);
    if (slice.unreadable) await unreadable(service, slice.unreadable);
    at = slice.upTo;
    await yieldToEventLoop();
  }
  return events;
};

/**
 * Reads what the journal has trimmed from the logs of the services, in the journal's order and under its places. Null after
 * a place where the journal remembers nothing.
 */
export const trimmedEntries = ({ journal, ...ports }: TrimmedEntriesPorts) => {
  let slice: TrimmedPart = { entries: [], upTo: 0 }; // read at once, given in parts
  let from = Infinity;
  const sliceAfter = async (place: number) => {
    if (from <= place && place < slice.upTo) return slice;
    const trimmed = await journal.trimmed(place);
    if (!trimmed) return null;
    const found = new Map<Service, ReadonlyMap<string, CloudEvent>>();
    for (const { service, ...range } of trimmed.logs) found.set(service, await eventsIn(service, range, ports));
    const entries = trimmed.entries.flatMap(({ position, service, mark }) => {
      const event = found.get(service)?.get(mark);
      return event ? [{ position, event }] : [];
    });
    from = place;
    return (slice = { entries, upTo: trimmed.upTo });
  };
  return {
    after: async (place: number, limit: number): Promise<TrimmedPart | null> => {
      const found = await sliceAfter(place);
      if (!found) return null;
      const left = found.entries.filter(({ position }) => position > place);
      const entries = left.slice(0, limit);
      return { entries, upTo: left.length > limit ? (entries.at(-1)?.position ?? found.upTo) : found.upTo };
    },
    /** What was read is of no use any more: the journal began anew. */
    forget: () => {
      from = Infinity;
    },
  };
};

/** Reads trimmed entries. */
export type TrimmedEntries = ReturnType<typeof trimmedEntries>;
