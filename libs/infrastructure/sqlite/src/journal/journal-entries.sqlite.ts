// How events go into a journal and come out of it. An event is known by (source, id) as long as it is kept, and by its mark
// once it was trimmed: whoever brings it again is told that it is not new.
// Never: a place given twice, or a second place for an event that had one.
import type { CloudEvent, Service } from '@drover/contracts';
import { markOf, routingOf, type JournalEntry, type LoggedEvents, type LogRange } from '@drover/ports';
import { idBytes } from '../event-store/commits.sqlite.js';
import { insertRouting } from './journal-routing.sqlite.js';
import { reachedIn } from './journal-state.sqlite.js';
import { noteBatch, trimmedPlaces } from './journal-trimmed.sqlite.js';
import { numberOf, type Statements } from '../file/statements.sqlite.js';

const insert = 'INSERT INTO entry VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING';
const onward = `INSERT INTO checkpoint VALUES (?, ?)
  ON CONFLICT DO UPDATE SET up_to = excluded.up_to WHERE excluded.up_to > up_to`;

/** The events of a batch that were trimmed, by their marks: only what was read before can be. */
const goneOf = (sql: Statements, service: Service, { from, upTo }: LogRange, events: readonly CloudEvent[]) => {
  const before = reachedIn(sql, service);
  const marks = from < before || upTo <= before ? events.map(markOf) : [];
  return trimmedPlaces(sql, service, { from: from < upTo ? from : 0, upTo }, marks);
};

/** Takes what is new of a batch, behind a place, and moves the checkpoint; to be called inside a transaction. */
export const takeBatch = (
  sql: Statements,
  head: number,
  { service, events, from, upTo }: LoggedEvents,
): readonly JournalEntry[] => {
  const taken: JournalEntry[] = [];
  const gone = goneOf(sql, service, { from, upTo }, events);
  let last = head;
  for (const event of events) {
    if (gone.has(markOf(event))) continue;
    const text = JSON.stringify(event);
    const { changes } = sql(insert).run(last + 1, event.time, event.source, idBytes(event.id), text);
    if (changes === 0) continue;
    const { type, subject, key, operation, severity } = routingOf(event);
    sql(insertRouting).run(++last, type, subject, key, operation, severity);
    taken.push({ position: last, event: JSON.parse(text) as JournalEntry['event'] });
  }
  if (taken.length > 0) noteBatch(sql, last, service, { from, upTo });
  sql(onward).run(service, upTo);
  return taken;
};

/** The places of events, also of those that were trimmed; null for one that was never taken. */
export const placesIn = (sql: Statements, { service, events, ...range }: LoggedEvents) => {
  const place = sql('SELECT position FROM entry WHERE source = ? AND id = ?');
  const kept = events.map(({ source, id }) => numberOf(place.get(source, idBytes(id))));
  const marks = events.flatMap((event, i) => (kept[i] ? [] : [markOf(event)]));
  const gone = trimmedPlaces(sql, service, range, marks);
  return events.map((event, i) => kept[i] || (gone.get(markOf(event)) ?? null));
};

/** Entries after a place, at most so many. */
export const entriesAfter = (sql: Statements, after: number, limit: number): readonly JournalEntry[] =>
  Array.from(
    sql('SELECT position, event FROM entry WHERE position > ? ORDER BY position LIMIT ?').iterate(after, limit),
    ({ position, event }): JournalEntry => ({
      position: Number(position),
      event: JSON.parse(String(event)) as JournalEntry['event'],
    }),
  );
