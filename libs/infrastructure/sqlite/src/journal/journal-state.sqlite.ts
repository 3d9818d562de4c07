// Which incarnation a journal is, and whose turn it is to write. Generations and runs are drawn, not counted: a journal that
// was lost and rebuilt, or an older copy that is put back, must not carry a name that another one had. Never: a transaction
// of its own; each function is one part of its caller's.
import { randomInt } from 'node:crypto';
import type { Service } from '@drover/contracts';
import type { JournalRun, JournalState } from '@drover/ports';
import { forgetTrimmed, noticeOlder, unrememberedIn } from './journal-trimmed.sqlite.js';
import { numberOf, type Statements } from '../file/statements.sqlite.js';

const drawGeneration = () => `k${randomInt(1, 2 ** 47)}`;
const drawRun = () => `r${randomInt(1, 2 ** 31).toString(36)}`;

const made = 'INSERT INTO state VALUES (1, ?, 0) ON CONFLICT DO NOTHING';
const opened = `INSERT INTO run (name, since)
  SELECT ?, coalesce(max(position), (SELECT floor FROM state)) FROM entry`;

/** The runs of which a place is kept, oldest first. */
export const runsIn = (sql: Statements) =>
  sql('SELECT name, since FROM run ORDER BY number')
    .all()
    .map(({ name, since }): JournalRun => ({ name: String(name), since: Number(since) }));

/** The state of a journal. */
export const stateIn = (sql: Statements): JournalState => {
  const row = sql('SELECT generation, floor, (SELECT max(position) FROM entry) AS head FROM state').get();
  const floor = Number(row?.['floor']);
  const head = Number(row?.['head'] ?? floor);
  return {
    generation: String(row?.['generation']),
    ...{ runs: runsIn(sql), head, floor, unremembered: unrememberedIn(sql) },
  };
};

/** How far the journal has taken the log of a service. */
export const reachedIn = (sql: Statements, service: Service) =>
  numberOf(sql('SELECT up_to FROM checkpoint WHERE service = ?').get(service));

/** Whether who writes under a run is the writer: nobody else has begun since. */
export const isWriter = (sql: Statements, run: string | null) =>
  run !== null && sql('SELECT name FROM run ORDER BY number DESC LIMIT 1').get()?.['name'] === run;

/** What a journal that is opened needs: a generation, and a look at what an older release has left. */
export const makeState = (sql: Statements) => {
  sql(made).run(drawGeneration());
  noticeOlder(sql);
};

/** Begins a run; its name. */
export const beginRun = (sql: Statements) => {
  const name = drawRun();
  noticeOlder(sql); // it may have written until now
  sql(opened).run(name);
  return name;
};

/** Begins anew, under another generation and run; the name of the run. */
export const beginAnew = (sql: Statements) => {
  const name = drawRun();
  // Its origins stay: it begins anew from the same stores, and what it has of them is told by them alone.
  for (const table of ['entry', 'routing', 'checkpoint', 'state', 'run']) sql(`DELETE FROM ${table}`).run();
  forgetTrimmed(sql);
  sql(made).run(drawGeneration());
  sql(opened).run(name);
  return name;
};
