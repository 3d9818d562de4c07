// The gateway's journal on one file: durable like the facts, because a cursor that was handed out must mean the same
// after a crash. Batches of several services that come in one turn of the event loop share a transaction. Whoever writes has
// drawn the last run; what another process writes is looked for twice a second.
// Never: a write by who was followed by another writer; each is fenced inside its transaction.
import type { Service } from '@drover/contracts';
import { yieldToEventLoop } from '@drover/kernel';
import { JournalMoved, StoreRefused, type Clock, type Journal, type JournalEntry } from '@drover/ports';
import { openFile, openReader, walKeeper } from '../file/database.sqlite.js';
import { groupCommit, type Staged } from '../file/group-commit.sqlite.js';
import { entriesAfter, placesIn, takeBatch } from './journal-entries.sqlite.js';
import { journalFile } from './journal-file.sqlite.js';
import { journalListeners } from './journal-listeners.sqlite.js';
import { selected, staleRouting } from './journal-routing.sqlite.js';
import { beginAnew, beginRun, isWriter, makeState, reachedIn, runsIn, stateIn } from './journal-state.sqlite.js';
import { cutOf, trimSome, trimmedAfter } from './journal-trimmed.sqlite.js';
import { originsOf, type Grown } from '../data/origins.sqlite.js';
import { patiently } from '../file/patience.sqlite.js';
import { presenceOf } from '../file/presence.sqlite.js';
import { isBusy, legible, refusalOf } from '../file/refusal.sqlite.js';
import { statementsOf } from '../file/statements.sqlite.js';
import { troubleOf, type Trouble } from '../file/trouble.sqlite.js';

/** A journal that can be closed. */
export interface SqliteJournal extends Journal, Grown {
  /** Why it takes no events at present; null when it takes them. */
  refusal(): ReturnType<Trouble['now']>;
  close(): Promise<void>;
}

/** Where the journal is. `shared`: given where other processes write to it; by it what they write is looked for. */
interface JournalOptions {
  readonly path: string;
  readonly shared?: Clock;
}

type Batch = Parameters<Journal['append']>[0];
type Answer = readonly JournalEntry[];

/** Opens the file, and sees to what it needs before anybody writes. */
const opened = (path: string) => {
  const db = openFile(path, journalFile, (file) => {
    file.exec('BEGIN IMMEDIATE'); // another process may write: what is noticed is of one moment
    file.exec(staleRouting);
    makeState(statementsOf(file));
    file.exec('COMMIT');
  });
  return { db, sql: statementsOf(db) };
};

/** Opens the journal; makes the file when it is not there. */
export const sqliteJournal = ({ path, shared }: JournalOptions): SqliteJournal => {
  const { db, sql } = opened(path);
  const what = `the journal at ${path}`;
  const reading = openReader(path);
  const read = statementsOf(reading);
  const tidy = walKeeper(db, path);
  const gone = presenceOf(path, what);
  const trouble = troubleOf(path, what, () => void sql(`PRAGMA user_version = ${journalFile.version}`).run(), gone);
  const state = () => legible(what, () => stateIn(read));
  const listeners = journalListeners({
    state,
    entriesAfter: (after, limit) => entriesAfter(read, after, limit),
    ...(shared && { shared }),
  });
  const moved = () => new JournalMoved(`another writer of ${what} has begun`);
  let mine: string | null = null; // the run under which this process writes
  let [head, isMine] = [0, false];
  let fresh: JournalEntry[] = [];
  let closed = false;

  const stage = (batch: Batch): Staged<Answer> => {
    if (!isMine) return { error: moved() };
    const { from = reachedIn(sql, batch.service) } = batch;
    const taken = takeBatch(sql, head, { ...batch, from });
    head = taken.at(-1)?.position ?? head;
    fresh.push(...taken);
    return { answer: taken };
  };
  const queue = groupCommit<Batch, Answer>({
    ...{ db, what, gone, stage },
    begun: () => {
      fresh = [];
      head = legible(what, () => stateIn(sql)).head;
      isMine = isWriter(sql, mine);
    },
    committed: () => {
      trouble.passed();
      listeners.tell(fresh);
      tidy();
    },
    undone: () => {},
    refused: trouble.met,
  });

  /** One short transaction, where `may` allows it then; else another writer has begun, and nothing is done. */
  const write = async <Done>(may: () => boolean, work: () => Done): Promise<Done> => {
    const done = await patiently(what, () => {
      try {
        sql('BEGIN IMMEDIATE').run();
        const written = may() ? { done: work() } : null;
        sql('COMMIT').run();
        return written;
      } catch (error) {
        if (db.isTransaction) sql('ROLLBACK').run();
        throw isBusy(error) ? error : refusalOf(error, what);
      }
    });
    if (!done) throw moved();
    return done.done;
  };
  /** What is asked of the file as it is committed. */
  const ask = <Value>(question: () => Value) => patiently(what, () => legible(what, question));

  return {
    state: () => ask(state),
    checkpoint: async (service: Service) => ask(() => reachedIn(read, service)),
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
      const anybody = () => true;
      const name = await write(anybody, () => beginRun(sql));
      mine = name;
      const run = runsIn(sql).find((each) => each.name === name);
      if (!run) throw new JournalMoved(`what was begun of ${what} is not there any more`);
      return run;
    },
    places: async (logged) => ask(() => placesIn(read, logged)),
    read: async (after, limit) => ask(() => entriesAfter(read, after, limit)),
    select: async (after, upTo, choice) =>
      ask(() => (after < state().floor ? null : selected(read, after, upTo, choice))),
    trim: async (olderThan, keep) => {
      const cut = legible(what, () => cutOf(sql, olderThan, keep));
      const unfollowed = () => mine === null || isWriter(sql, mine);
      while (!closed && (await write(unfollowed, () => trimSome(sql, cut)))) await yieldToEventLoop(); // others write
      tidy();
    },
    trimmed: async (after) => ask(() => trimmedAfter(read, after)),
    restart: async () => {
      mine = await write(
        () => isWriter(sql, mine),
        () => beginAnew(sql),
      );
    },
    subscribe: listeners.subscribe,
    close: async () => {
      if (closed) return;
      listeners.stop();
      queue.flush();
      closed = true;
      reading.close();
      db.close();
    },
  };
};
