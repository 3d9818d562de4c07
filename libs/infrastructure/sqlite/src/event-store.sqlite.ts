// The event store on one file. One writer connection behind a queue that commits once per turn of the event loop;
// everything is decided inside the transaction, so that several processes on one file stay right, too. Reads have a
// connection of their own and end before they return: no read transaction lives longer than a call. No retries here but
// for the lock of another process; a refusal says why. What another process appends is looked for twice a second.
import type { StreamId } from '@drover/kernel';
import { StoreRefused, StreamMoved, type Clock, type Commit, type EventStore } from '@drover/ports';
import { keepAnchor, type AnchorOptions } from './anchor.sqlite.js';
import { chainOf, saysFault, type Fault } from './chain.sqlite.js';
import { slowCheck, type SlowCheck } from './check.sqlite.js';
import {
  commitReader,
  factsFile,
  hashOfWritten,
  idBytes,
  type CommitReader,
  type Unreadable,
  type Written,
} from './commits.sqlite.js';
import { walKeeper } from './database.sqlite.js';
import { groupCommit, type Staged } from './group-commit.sqlite.js';
import { headsOf } from './heads.sqlite.js';
import { saysLack, type KnownStore } from './lacks.sqlite.js';
import { openFacts } from './opening.sqlite.js';
import type { StoreName } from './origins.sqlite.js';
import { patiently } from './patience.sqlite.js';
import { presenceOf } from './presence.sqlite.js';
import { troubleOf } from './trouble.sqlite.js';

/** Where the facts are kept. */
export interface SqliteEventStoreOptions {
  readonly path: string;
  /** With an anchor a store that has become shorter is found out when it is opened. One process at a time keeps it. */
  readonly anchor?: AnchorOptions;
  /** What others know of this store: it is compared with that when it is opened. */
  readonly known?: KnownStore;
  /** Given where other processes append to the same file: by it their commits are looked for. */
  readonly shared?: Clock;
}

/** How often the commits of other processes are looked for. */
const LOOK_MS = 500;
/** How many of them are read at once. */
const AT_ONCE = 500;

/** An event store that can be asked whether it takes facts, and closed. */
export interface SqliteEventStore extends EventStore {
  /** Which store it is. */
  readonly name: StoreName;
  /** Why it takes no facts at present, by trying again if need be; null when it takes them. */
  refusal(): StoreRefused | null;
  /** The last position. */
  head(): number;
  /** How far the slow check of everything has got, and what is known to be damaged. */
  checked(): { readonly upTo: number; readonly faults: readonly string[] };
  close(): Promise<void>;
}

const refusalOfFault = (fault: Fault, what: string) =>
  new StoreRefused('stream_unreadable', `In ${what} ${saysFault(fault)}.`);

/** Opens the store; makes the file when it is not there. */
export const sqliteEventStore = ({ path, anchor, known, shared }: SqliteEventStoreOptions): SqliteEventStore => {
  const { db, reading, reader, lost, lack, name } = openFacts(path, anchor?.path, known);
  const stored = commitReader(db, lost);
  const heads = headsOf(db, lost);
  const what = `the facts at ${path}`;
  const damage = lack && new StoreRefused('store_shorter_than_anchor', saysLack(lack, known?.service));
  const isStrange = lack?.is === 'foreign' || lack?.is === 'older';
  const anchored = anchor && !damage ? keepAnchor(anchor, () => reader.tail()) : null;
  const tidy = walKeeper(db, path);
  const listeners = new Set<(commits: readonly Commit[]) => void>();
  const insert = db.prepare('INSERT INTO commits VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING');
  const gone = presenceOf(path, what);
  const touch = db.prepare(`PRAGMA user_version = ${factsFile.version}`);
  const trouble = troubleOf(path, what, () => void touch.run(), gone);
  const closedStreams = new Map<string, Fault>();
  const faults = new Map<number, Fault>();
  let closed = false;
  let fresh: { readonly written: Written; readonly commit: Commit }[] = [];

  const note = (fault: Fault) => {
    if (fault.stream !== null && !closedStreams.has(fault.stream)) closedStreams.set(fault.stream, fault);
    const known = faults.get(fault.position);
    if (!known || known.stream === null) faults.set(fault.position, fault);
  };
  const noteUnreadable = (unreadable: Unreadable) => {
    const fault = { ...unreadable, is: `cannot be read: ${unreadable.because}`, hash: null };
    note(fault);
    return fault;
  };
  const check: SlowCheck | null =
    anchor && !damage ? slowCheck(chainOf(reading, reader, lost), anchor.clock, note) : null;

  const lackNow = (stream?: StreamId) => {
    if (damage) return damage;
    const fault = stream === undefined ? undefined : closedStreams.get(stream);
    return fault ? refusalOfFault(fault, what) : gone();
  };

  const repeated = ({ draft }: Written): Commit | null => stored.byId(draft.commitId);

  const stage = (written: Written): Staged<Commit> => {
    const { draft, size, facts, metadata } = written;
    const { stream, version, commitId } = draft;
    const head = heads.of(stream);
    const moved = () => ({ error: new StreamMoved(stream, version, head.version) });
    if (head.version !== version) {
      const first = repeated(written);
      return first ? { answer: first } : moved();
    }
    const tail = heads.tail();
    const position = tail.position + 1;
    const { changes } = insert.run(position, head.id, version, size, idBytes(commitId), facts, metadata, tail.hash);
    if (changes === 0) {
      const first = repeated(written); // another stream has a commit of this id
      return first ? { answer: first } : moved();
    }
    const commit: Commit = { position, ...draft, prevHash: tail.hash };
    heads.moveTail({ position, id: commitId, hash: hashOfWritten(written, tail) });
    head.version += size;
    fresh.push({ written, commit });
    return { answer: commit };
  };

  let told = shared ? reader.tail().position : 0;

  const hand = (commits: readonly Commit[]) => {
    for (const listener of listeners) listener(commits);
  };

  /** Tells of what other processes have appended, up to a position. */
  const tellOfOthers = (upTo: number) => {
    while (told < upTo) {
      const commits = listeners.size === 0 ? [] : reader.after(told, Math.min(AT_ONCE, upTo - told), noteUnreadable);
      const news = commits.filter(({ position }) => position <= upTo);
      told = news.at(-1)?.position ?? upTo;
      if (news.length > 0) hand(news);
    }
  };

  /** Listeners get copies of what is stored; the writer keeps its own. */
  const tell = (news: typeof fresh) => {
    const [first, last] = [news[0]?.commit.position ?? 0, news.at(-1)?.commit.position ?? 0];
    if (shared) tellOfOthers(first - 1);
    told = last;
    if (listeners.size === 0) return;
    const commits = news.map(({ written, commit }): Commit => {
      const facts = JSON.parse(written.facts) as Commit['facts'];
      return { ...commit, facts, metadata: JSON.parse(written.metadata) as Commit['metadata'] };
    });
    hand(commits);
  };

  let rest = () => {};
  const lookForOthers = (clock: Clock) => {
    rest = clock.after(LOOK_MS, () => {
      try {
        const head = reader.tail().position;
        if (head > told) anchored?.moved();
        tellOfOthers(head);
      } catch {
        // A lock, or a disk that is not read now: the next look finds the same.
      }
      lookForOthers(clock);
    });
  };
  if (shared && !damage) lookForOthers(shared);

  const queue = groupCommit<Written, Commit>({
    db,
    what,
    gone,
    begun: () => {
      fresh = [];
      heads.refresh();
    },
    stage,
    committed: () => {
      trouble.passed();
      if (fresh.length === 0) return;
      anchored?.moved();
      tell(fresh);
      tidy();
    },
    undone: () => heads.forget(),
    refused: trouble.met,
  });

  const read = (of: CommitReader, stream: StreamId, from: number) => {
    const commits = of.ofStream(stream, from);
    if (!('because' in commits)) return commits;
    throw refusalOfFault(noteUnreadable({ ...commits, stream }), what);
  };

  return {
    run: name.run,
    name,
    lack: lackNow,
    head: () => reader.tail().position,
    checked: () => ({ upTo: check?.upTo() ?? 0, faults: [...faults.values()].map(saysFault) }),
    read: async (stream, { from = 0, at } = {}) => {
      if (damage && lack?.is === 'foreign') throw damage;
      const commits = await patiently(what, () => read(reader, stream, from));
      return at ? commits.filter(({ metadata }) => metadata.at <= at) : commits;
    },
    // Positions of another history mean something else to whoever reads on from his own: nothing flows from it.
    readAll: async (after, limit) =>
      isStrange ? [] : patiently(what, () => reader.after(after, limit, noteUnreadable)),
    end: async () => (isStrange ? 0 : patiently(what, () => reader.tail().position)),
    append: async (draft) => {
      if (closed) throw new StoreRefused('store_unavailable', `The store of ${what} is closed.`);
      const no = lackNow(draft.stream);
      if (no) throw no;
      const size = draft.facts.length;
      if (size === 0) throw new Error('a commit holds at least one fact');
      const [facts, metadata] = [JSON.stringify(draft.facts), JSON.stringify(draft.metadata)];
      return queue.submit({ draft, size, facts, metadata });
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    refusal: () => {
      if (closed) return new StoreRefused('store_unavailable', `The store of ${what} is closed.`);
      return damage ?? trouble.now();
    },
    close: async () => {
      if (closed) return;
      check?.stop();
      rest();
      queue.flush();
      closed = true;
      await anchored?.close();
      reading.close();
      db.close();
    },
  };
};
