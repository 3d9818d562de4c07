// The gateway's journal on one file: durable like the facts, because a cursor that was handed out must mean the same
// after a crash. Batches of several services that come in one turn share a transaction. An event is known by (source,
// id) as long as it is kept. Generations and runs are drawn, not counted: a journal that was lost and rebuilt, or an older
// copy that is put back, must not carry a name that another one had. Whoever writes has drawn the last run; what another
// process writes is looked for twice a second.
import { randomInt } from 'node:crypto';
import type { Service } from '@drover/contracts';
import { yieldToEventLoop } from '@drover/kernel';
import {
  routingOf,
  JournalMoved,
  StoreRefused,
  type Clock,
  type Journal,
  type JournalEntry,
  type JournalRun,
  type JournalState,
} from '@drover/ports';
import { idBytes } from './commits.sqlite.js';
import { fileRefusal, openFile, openReader, walKeeper } from './database.sqlite.js';
import { groupCommit, type Staged } from './group-commit.sqlite.js';
import { journalFile } from './journal-file.sqlite.js';
import { insertRouting, selected, staleRouting } from './journal-routing.sqlite.js';
import {
  forgetTrimmed,
  noteBatch,
  noticeOlder,
  rememberTrimmed,
  trimmedAfter,
  unrememberedIn,
} from './journal-trimmed.sqlite.js';
import { originsOf, type Grown } from './origins.sqlite.js';
import { patiently } from './patience.sqlite.js';
import { presenceOf } from './presence.sqlite.js';
import { isBusy, legible, refusalOf } from './refusal.sqlite.js';
import { numberOf, statementsOf, type Statements } from './statements.sqlite.js';
import { troubleOf, type Trouble } from './trouble.sqlite.js';

const TRIMMED_AT_ONCE = 500;
const drawGeneration = () => `k${randomInt(1, 2 ** 47)}`;
const drawRun = () => `r${randomInt(1, 2 ** 31).toString(36)}`;

const onward = `INSERT INTO checkpoint VALUES (?, ?)
  ON CONFLICT DO UPDATE SET up_to = excluded.up_to WHERE excluded.up_to > up_to`;

/** A journal that can be closed. */
export interface SqliteJournal extends Journal, Grown {
  /** Why it takes no events at present; null when it takes them. */
  refusal(): ReturnType<Trouble['now']>;
  close(): Promise<void>;
}

/** Where the journal is. `shared`: given where other processes write to it; by it what they write is looked for. */
export interface JournalOptions {
  readonly path: string;
  readonly shared?: Clock;
}

/** How often what other processes write is looked for. */
const LOOK_MS = 500;

type Batch = Parameters<Journal['append']>[0];
type Answer = readonly JournalEntry[];

/** Opens the journal; makes the file when it is not there. */
export const sqliteJournal = ({ path, shared }: JournalOptions): SqliteJournal => {
  const db = openFile(path, journalFile);
  const what = `the journal at ${path}`;
  const sql = statementsOf(db);
  const begin = 'INSERT INTO state VALUES (1, ?, 0) ON CONFLICT DO NOTHING';
  const opened = `INSERT INTO run (name, since)
    SELECT ?, coalesce(max(position), (SELECT floor FROM state)) FROM entry`;
  const runsIn = (of: Statements) =>
    of('SELECT name, since FROM run ORDER BY number')
      .all()
      .map(({ name, since }): JournalRun => ({ name: String(name), since: Number(since) }));
  let mine: string | null = null; // the run under which this process writes
  try {
    db.exec(staleRouting);
    sql(begin).run(drawGeneration());
    noticeOlder(sql);
  } catch (error) {
    db.close();
    throw fileRefusal(error, path, journalFile);
  }
  const reading = openReader(path);
  const read = statementsOf(reading);
  const tidy = walKeeper(db, path);
  const gone = presenceOf(path, what);
  const trouble = troubleOf(path, what, () => void sql(`PRAGMA user_version = ${journalFile.version}`).run(), gone);
  const listeners = new Set<(entries: Answer) => void>();
  let head = 0;
  let newest = '';
  let fresh: JournalEntry[] = [];
  let closed = false;

  const state = (of = read): JournalState => {
    const columns = 'generation, floor, (SELECT max(position) FROM entry) AS head';
    const row = legible(what, () => of(`SELECT ${columns} FROM state`).get());
    const floor = Number(row?.['floor']);
    const generation = String(row?.['generation']);
    const head = Number(row?.['head'] ?? floor);
    return { generation, runs: runsIn(of), head, floor, unremembered: unrememberedIn(of) };
  };

  const reached = (of: Statements, service: Service) =>
    numberOf(of('SELECT up_to FROM checkpoint WHERE service = ?').get(service));

  const stage = ({ service, events, upTo, from = reached(sql, service) }: Batch): Staged<Answer> => {
    if (mine === null || newest !== mine) return { error: new JournalMoved(`another writer of ${what} has begun`) };
    const insert = sql('INSERT INTO entry VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING');
    const taken: JournalEntry[] = [];
    for (const event of events) {
      const text = JSON.stringify(event);
      const { changes } = insert.run(head + 1, event.time, event.source, idBytes(event.id), text);
      if (changes === 0) continue;
      const { type, subject, key, operation, severity } = routingOf(event);
      sql(insertRouting).run(++head, type, subject, key, operation, severity);
      taken.push({ position: head, event: JSON.parse(text) as JournalEntry['event'] });
    }
    if (taken.length > 0) noteBatch(sql, head, service, { from, upTo });
    sql(onward).run(service, upTo);
    fresh.push(...taken);
    return { answer: taken };
  };

  let told = { generation: '', position: 0 };
  const entriesAfter = (after: number, limit: number): Answer =>
    Array.from(
      read('SELECT position, event FROM entry WHERE position > ? ORDER BY position LIMIT ?').iterate(after, limit),
      ({ position, event }): JournalEntry => ({
        position: Number(position),
        event: JSON.parse(String(event)) as JournalEntry['event'],
      }),
    );
  /** Tells of what other processes have written, before a place. */
  const tellOfOthers = (before: number, generation: string) => {
    if (told.generation !== generation) told = { generation, position: 0 };
    for (let more = true; more && told.position < before - 1;) {
      const entries = listeners.size === 0 ? [] : entriesAfter(told.position, TRIMMED_AT_ONCE);
      const news = entries.filter(({ position }) => position < before);
      more = news.length > 0 && news.length === entries.length;
      told = { generation, position: news.at(-1)?.position ?? before - 1 };
      if (news.length > 0) for (const listener of listeners) listener(news);
    }
  };
  const tell = (entries: Answer, first: number) => {
    const { generation } = state();
    if (shared) tellOfOthers(first, generation);
    told = { generation, position: entries.at(-1)?.position ?? told.position };
    for (const listener of listeners) listener(entries);
  };
  let rest = () => {};
  const lookForOthers = (clock: Clock) => {
    rest = clock.after(LOOK_MS, () => {
      try {
        const { generation, head: last } = state();
        tellOfOthers(last + 1, generation);
      } catch {
        // A lock, or a disk that is not read now: the next look finds the same.
      }
      lookForOthers(clock);
    });
  };
  if (shared) {
    const { generation, head: last } = state();
    told = { generation, position: last };
    lookForOthers(shared);
  }

  const queue = groupCommit<Batch, Answer>({
    db,
    what,
    gone,
    begun: () => {
      fresh = [];
      head = state(sql).head;
      newest = String(sql('SELECT name FROM run ORDER BY number DESC LIMIT 1').get()?.['name']);
    },
    stage,
    committed: () => {
      trouble.passed();
      const [first] = fresh;
      if (first) tell(fresh, first.position);
      tidy();
    },
    undone: () => {},
    refused: trouble.met,
  });

  /** One short transaction. */
  const write = (work: () => void) =>
    patiently(what, () => {
      try {
        sql('BEGIN IMMEDIATE').run();
        work();
        sql('COMMIT').run();
      } catch (error) {
        if (db.isTransaction) sql('ROLLBACK').run();
        throw isBusy(error) ? error : refusalOf(error, what);
      }
    });
  /** What is asked of the file as it is committed. */
  const ask = <Value>(question: () => Value) => patiently(what, () => legible(what, question));

  /** The last place of those that may go: all before the first that is young, or one of the last. */
  const cutOf = (olderThan: string, keep: number) => {
    const { head: last } = state(sql);
    const young = sql('SELECT position FROM entry WHERE time >= ? OR position > ? ORDER BY position LIMIT 1');
    const first = young.get(olderThan, last - keep);
    return first ? numberOf(first) - 1 : last;
  };

  return {
    state: () => ask(() => state()),
    checkpoint: async (service) => ask(() => reached(read, service)),
    checkpoints: () =>
      read('SELECT service, up_to FROM checkpoint')
        .all()
        .map(({ service, up_to: upTo }) => ({ reader: 'the journal', source: String(service), upTo: Number(upTo) })),
    ...originsOf(sql),
    refusal: trouble.now,
    append: async (batch) => {
      if (closed) throw new StoreRefused('store_unavailable', `The store of ${what} is closed.`);
      return queue.submit(batch);
    },
    begin: async () => {
      const name = drawRun();
      await write(() => {
        noticeOlder(sql); // it may have written until now
        sql(opened).run(name);
      });
      mine = name;
      const run = runsIn(sql).find((each) => each.name === name);
      if (!run) throw new JournalMoved(`what was begun of ${what} is not there any more`);
      return run;
    },
    read: async (after, limit) => ask(() => entriesAfter(after, limit)),
    select: async (after, upTo, choice) =>
      ask(() => (after < state().floor ? null : selected(read, after, upTo, choice))),
    trim: async (olderThan, keep) => {
      const cut = cutOf(olderThan, keep);
      for (let more = true; more && !closed;) {
        let moved = false;
        await write(() => {
          const { floor, runs } = state(sql); // another writer may have trimmed, or begun, since
          moved = mine !== null && runs.at(-1)?.name !== mine;
          const upTo = Math.min(cut, floor + TRIMMED_AT_ONCE);
          more = !moved && upTo > floor;
          if (!more) return;
          rememberTrimmed(sql, floor, upTo);
          for (const table of ['entry', 'routing']) sql(`DELETE FROM ${table} WHERE position <= ?`).run(upTo);
          sql('UPDATE state SET floor = ?').run(upTo);
          sql('DELETE FROM run WHERE number < (SELECT max(number) FROM run WHERE since < ?)').run(upTo);
        });
        if (moved) throw new JournalMoved(`another writer of ${what} has begun`);
        await yieldToEventLoop(); // others write in between
      }
      tidy();
    },
    trimmed: async (after) => ask(() => trimmedAfter(read, after)),
    restart: async () => {
      const name = drawRun();
      await write(() => {
        // Its origins stay: it begins anew from the same stores, and what it has of them is told by them alone.
        const tables = ['entry', 'routing', 'checkpoint', 'state', 'run'];
        for (const table of tables) sql(`DELETE FROM ${table}`).run();
        forgetTrimmed(sql);
        sql(begin).run(drawGeneration());
        sql(opened).run(name);
      });
      mine = name;
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    close: async () => {
      if (closed) return;
      rest();
      queue.flush();
      closed = true;
      reading.close();
      db.close();
    },
  };
};
