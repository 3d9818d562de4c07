// What a journal remembers of the entries that it trimmed: whose each was, and by what its event is known. A slice of them is a
// row, nine bytes an entry, with the parts of the logs that its events are in. Of entries that are kept the batches are noted
// in which they came. An older Drover that wrote on left neither: up to there nothing can be remembered any more. Never: a
// guess; what cannot be named is not remembered.
import { isService, type Service } from '@drover/contracts';
import { EventMark } from '@drover/kernel';
import type { LogRange, TrimmedEntry, TrimmedSlice } from '@drover/ports';
import { numberOf, type Statements } from '../file/statements.sqlite.js';

/** The tables that remember where trimmed events stood. */
export const trimmedTables = `CREATE TABLE IF NOT EXISTS batch (
  last INTEGER PRIMARY KEY, service TEXT NOT NULL, after INTEGER NOT NULL, up_to INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS trimmed (
  last INTEGER PRIMARY KEY, first INTEGER NOT NULL, logs TEXT NOT NULL, entries BLOB NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS unremembered (
  one INTEGER PRIMARY KEY CHECK (one = 1), up_to INTEGER NOT NULL
) STRICT`;

/** Where the events of a slice are, by service; an entry names its own by its number here. */
type Logs = readonly (readonly [service: string, from: number, upTo: number])[];

const MARK = 8;
const ENTRY = 1 + MARK;
const PREFIX = '/drover/';

const newest = `SELECT max(coalesce((SELECT max(position) FROM entry), 0), (SELECT floor FROM state))`;
const known = `SELECT max(coalesce((SELECT max(last) FROM batch), 0), coalesce((SELECT max(last) FROM trimmed), 0))`;
const floorKnown = `SELECT coalesce((SELECT max(last) FROM trimmed), 0)`;
const setUnremembered = 'INSERT INTO unremembered VALUES (1, ?) ON CONFLICT DO UPDATE SET up_to = excluded.up_to';

/** Up to which place nothing is remembered. */
export const unrememberedIn = (sql: Statements): number => numberOf(sql('SELECT up_to FROM unremembered').get());

/** Sees what an older Drover took or trimmed, which knew nothing of this. To be called before anything is written. */
export const noticeOlder = (sql: Statements) => {
  const noted = sql('SELECT up_to FROM unremembered').get();
  const [head, floor] = [numberOf(sql(newest).get()), numberOf(sql('SELECT floor FROM state').get())];
  const before = noted ? numberOf(noted) : 0;
  const took = head > Math.max(before, numberOf(sql(known).get()));
  const trimmed = floor > Math.max(before, numberOf(sql(floorKnown).get()));
  const upTo = took ? head : trimmed ? floor : before;
  if (!noted || upTo > before) sql(setUnremembered).run(upTo);
};

/** Notes in which batch the entries up to a place came. */
export const noteBatch = (sql: Statements, last: number, service: Service, { from, upTo }: LogRange) =>
  sql('INSERT INTO batch VALUES (?, ?, ?, ?)').run(last, service, from, upTo);

/** The parts of the logs that entries after a place, up to another, came from. */
const logsOf = (sql: Statements, after: number, upTo: number): Logs => {
  const batches = sql(
    `SELECT service, min(after) AS low, max(up_to) AS high FROM batch
     WHERE last > ? AND last <= coalesce((SELECT min(last) FROM batch WHERE last >= ?), ?) GROUP BY service`,
  ).all(after, upTo, upTo);
  return batches.map(({ service, low, high }) => [String(service), Number(low), Number(high)] as const);
};

/** Remembers the entries after a place, up to another, in the transaction that removes them. */
const rememberTrimmed = (sql: Statements, floor: number, upTo: number) => {
  const after = Math.max(floor, unrememberedIn(sql));
  if (after < upTo) {
    const logs = logsOf(sql, after, upTo);
    const rows = sql('SELECT source, id FROM entry WHERE position > ? AND position <= ? ORDER BY position').all(
      after,
      upTo,
    );
    const owners = rows.map(({ source }) => logs.findIndex(([service]) => `${PREFIX}${service}` === source));
    const entries = rows.map(({ id }, i) =>
      Buffer.concat([Buffer.from([owners[i] ?? 0]), Buffer.from(id as Uint8Array).subarray(-MARK)]),
    );
    const row = [upTo, after + 1, JSON.stringify(logs), Buffer.concat(entries)] as const;
    // Of an event whose log nobody noted nothing can be remembered, nor of what stood beside it.
    if (owners.includes(-1)) sql(setUnremembered).run(upTo);
    else sql('INSERT INTO trimmed VALUES (?, ?, ?, ?)').run(...row);
  }
  sql('DELETE FROM batch WHERE last <= ?').run(upTo);
};

/** So many entries go in one transaction. */
const AT_ONCE = 500;

/** The last place of those that may go: all before the first that is young, or one of the last. */
export const cutOf = (sql: Statements, olderThan: string, keep: number) => {
  const last = numberOf(sql(newest).get());
  const young = sql('SELECT position FROM entry WHERE time >= ? OR position > ? ORDER BY position LIMIT 1');
  const first = young.get(olderThan, last - keep);
  return first ? numberOf(first) - 1 : last;
};

/** Forgets some entries up to a place, in one transaction; whether there were any. Another process may have trimmed since. */
export const trimSome = (sql: Statements, cut: number) => {
  const floor = numberOf(sql('SELECT floor FROM state').get());
  const upTo = Math.min(cut, floor + AT_ONCE);
  if (upTo <= floor) return false;
  rememberTrimmed(sql, floor, upTo);
  for (const table of ['entry', 'routing']) sql(`DELETE FROM ${table} WHERE position <= ?`).run(upTo);
  sql('UPDATE state SET floor = ?').run(upTo);
  sql('DELETE FROM run WHERE number < (SELECT max(number) FROM run WHERE since < ?)').run(upTo);
  return true;
};

const serviceOf = (name: string): Service => {
  if (!isService(name)) throw new Error(`the journal remembers events of ${name}, which is no service`);
  return name;
};

const sliceIn = (row: Readonly<Record<string, unknown>>): TrimmedSlice => {
  const first = Number(row['first']);
  const logs = JSON.parse(String(row['logs'])) as Logs;
  const packed = Buffer.from(row['entries'] as Uint8Array);
  const entries = Array.from({ length: packed.length / ENTRY }, (_, i): TrimmedEntry => {
    const one = packed.subarray(i * ENTRY, (i + 1) * ENTRY);
    const [service] = logs[one.readUInt8()] ?? [''];
    return { position: first + i, service: serviceOf(service), mark: EventMark.parse(one.toString('hex', 1)) };
  });
  return {
    upTo: Number(row['last']),
    logs: logs.map(([service, from, upTo]) => ({ service: serviceOf(service), from, upTo })),
    entries,
  };
};

/** What is remembered of entries after a place, a slice of them. */
export const trimmedAfter = (sql: Statements, after: number): TrimmedSlice | null => {
  if (after < unrememberedIn(sql)) return null;
  const row = sql('SELECT last, first, logs, entries FROM trimmed WHERE last > ? ORDER BY last LIMIT 1').get(after);
  if (!row) return null;
  const slice = sliceIn(row);
  return { ...slice, entries: slice.entries.filter(({ position }) => position > after) };
};

const ofLog = `EXISTS (SELECT 1 FROM json_each(logs) WHERE value ->> 0 = ? AND value ->> 1 < ? AND value ->> 2 > ?)`;

/** The places that trimmed events had, by their marks: of a service, from a part of its log. */
export const trimmedPlaces = (
  sql: Statements,
  service: Service,
  { from, upTo }: LogRange,
  marks: readonly string[],
) => {
  const wanted = new Set(marks);
  const places = new Map<string, number>();
  if (wanted.size === 0) return places;
  const rows = sql(`SELECT last, first, logs, entries FROM trimmed WHERE ${ofLog}`).iterate(service, upTo, from);
  for (const row of rows)
    for (const { position, service: of, mark } of sliceIn(row).entries)
      if (of === service && wanted.has(mark)) places.set(mark, position);
  return places;
};

/** Forgets it all: a journal that begins anew. */
export const forgetTrimmed = (sql: Statements) => {
  for (const table of ['batch', 'trimmed']) sql(`DELETE FROM ${table}`).run();
  sql(setUnremembered).run(0);
};
