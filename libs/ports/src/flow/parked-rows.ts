// A parked event as it is stored, and what can be said of it: whether it is tried again, and how people see it. Pure
// functions. Never: a member taken out of a row, or given another meaning; rows are stored.
import type { DeadLetter } from '@drover/contracts';
import { hashOf, LetterId, type Instant, type Json } from '@drover/kernel';
import { StoreRefused } from '../event-store/event-store.js';
import type { Unreadable } from './log-reader.js';

/** Whether rows of a kind are parked events: readers of views have moved past them, so the views are worth nothing without. */
export const isParkedKind = (kind: string) => kind.startsWith('parked ');

/** Why an event could not be taken. */
interface ParkedError {
  readonly class: string;
  readonly detail: string;
}

/** An event in the park, as it is kept. `error`: null of one that waits behind another of its key. */
export type ParkedRow = {
  readonly key: string;
  /** The log it came from, as its reader calls it. */
  readonly source: string;
  readonly id: string;
  readonly entry: Json;
  /** Where the commit stands that could not be parsed. */
  readonly unreadable: { readonly position: number; readonly bytes: string } | null;
  readonly error: ParkedError | null;
  readonly attempts: number;
  readonly firstAt: Instant;
  readonly lastAt: Instant;
};

/** A row with its place among all that the reader has parked. */
export interface Parked {
  readonly place: string;
  readonly row: ParkedRow;
}

/** How often an event is tried before it counts as a dead letter. */
export const TRIES = 5;

/** Whether it is not tried any more by itself. */
export const isDead = ({ unreadable, attempts }: ParkedRow) => unreadable !== null || attempts >= TRIES;

/** Whether it is a stream that takes nothing: the fault is not the event's, and of that key nothing can be taken. */
export const isClosedStream = (error: unknown) => error instanceof StoreRefused && error.code === 'stream_unreadable';

/** Whether it waits for a stream that took nothing when it was tried. */
export const waitsForStream = ({ error }: ParkedRow) => error?.class === StoreRefused.name;

const LONGEST = 2000;

/** An error in words that can be kept. */
export const parkedError = (error: unknown): ParkedError => {
  const known = error instanceof Error ? error : new Error(String(error));
  return { class: known.constructor.name || known.name, detail: known.message.slice(0, LONGEST) };
};

/** An event that waits behind another; with an error, the one that the others wait for. */
export const parkedRow = (
  { key, source, id, entry }: Pick<ParkedRow, 'key' | 'source' | 'id' | 'entry'>,
  at: Instant,
  failed: { readonly error: unknown } | null = null,
): ParkedRow => ({
  ...{ key, source, id, entry, error: failed && parkedError(failed.error) },
  unreadable: null,
  attempts: failed && !isClosedStream(failed.error) ? 1 : 0,
  firstAt: at,
  lastAt: at,
});

/** A commit that cannot be parsed. */
export const unreadableRow = ({ position, key, bytes, error }: Unreadable, source: string, at: Instant): ParkedRow => ({
  ...parkedRow({ key, source, id: `${source}/${position}`, entry: null }, at, { error }),
  unreadable: { position, bytes },
});

/** Whether people are told of it: it is not tried by itself, or waits for a stream that takes nothing. */
export const isLetter = (head: ParkedRow) => isDead(head) || waitsForStream(head);

/** The id of a dead letter is that of its event in its reader, so what is asked of it twice cannot mean the next one. */
export const letterId = (reader: string, { key, source, id }: ParkedRow): LetterId =>
  LetterId.parse(hashOf([reader, key, source, id]).slice(0, 22));

/** The first event of a parked key, of which reader, and how many follow it. */
interface ParkedLetter {
  readonly service: string;
  readonly reader: string;
  readonly head: ParkedRow;
  readonly followers: number;
}

/** A parked key as people see it. */
export const letterOf = ({ service, reader, head, followers }: ParkedLetter): DeadLetter => {
  const { key, entry, unreadable, error, attempts, firstAt, lastAt } = head;
  return {
    ...{ id: letterId(reader, head), service, consumer: reader, key, followers },
    event: unreadable ? Buffer.from(unreadable.bytes).toString('base64') : (entry as Record<string, unknown>),
    headers: {},
    error: error ?? { class: 'Error', detail: 'It waits for its turn.' },
    ...{ attempts, firstAt, lastAt },
  };
};

/** Entries of each key, in order. */
export const byKey = <Entry>(entries: readonly Entry[], keyOf: (entry: Entry) => string) => {
  const groups = new Map<string, Entry[]>();
  for (const entry of entries) {
    const key = keyOf(entry);
    const group = groups.get(key);
    if (group) group.push(entry);
    else groups.set(key, [entry]);
  }
  return groups.values();
};
