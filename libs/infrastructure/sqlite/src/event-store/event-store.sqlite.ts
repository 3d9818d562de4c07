// The event store on one file. One writer connection behind a queue that commits once per turn of the event loop; everything
// is decided inside the transaction, so that several processes on one file stay right, too. Reads have a connection of their
// own and end before they return: no read transaction lives longer than a call. What another process appends is looked for
// twice a second. Never: a retry but for the lock of another process; a refusal says why.
import type { StreamId } from '@drover/kernel';
import { StoreRefused, type Clock, type Commit, type EventStore } from '@drover/ports';
import { keepAnchor, type AnchorOptions } from './anchor.sqlite.js';
import { appender, type Appended } from './append.sqlite.js';
import { chainOf } from './chain.sqlite.js';
import { slowCheck, type SlowCheck } from './check.sqlite.js';
import { commitReader, factsFile, type CommitReader, type Written } from './commits.sqlite.js';
import { walKeeper } from '../file/database.sqlite.js';
import { groupCommit } from '../file/group-commit.sqlite.js';
import { headsOf } from './heads.sqlite.js';
import { knownFaults } from './known-faults.sqlite.js';
import { saysLack, type KnownStore } from './lacks.sqlite.js';
import { openFacts } from './opening.sqlite.js';
import type { StoreName } from '../data/origins.sqlite.js';
import { patiently } from '../file/patience.sqlite.js';
import { presenceOf } from '../file/presence.sqlite.js';
import { storeListeners } from './store-listeners.sqlite.js';
import { troubleOf } from '../file/trouble.sqlite.js';

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

/** Opens the store; makes the file when it is not there. */
export const sqliteEventStore = ({
  path,
  anchor,
  known: expected,
  shared,
}: SqliteEventStoreOptions): SqliteEventStore => {
  const { db, reading, reader, lost, lack, name } = openFacts(path, anchor?.path, expected);
  const stored = commitReader(db, lost);
  const heads = headsOf(db, lost);
  const what = `the store at ${path}`;
  const damage = lack && new StoreRefused('store_shorter_than_anchor', saysLack(lack, expected?.service));
  const isStrange = lack?.is === 'foreign' || lack?.is === 'older';
  const anchored = anchor && !damage ? keepAnchor(anchor, () => reader.tail()) : null;
  const tidy = walKeeper(db, path);
  const gone = presenceOf(path, what);
  const touch = db.prepare(`PRAGMA user_version = ${factsFile.version}`);
  const trouble = troubleOf(path, what, () => void touch.run(), gone);
  const known = knownFaults(what);
  let closed = false;
  let fresh: Appended[] = [];
  const check: SlowCheck | null =
    anchor && !damage ? slowCheck(chainOf(reading, reader, lost), anchor.clock, known.note) : null;

  const lackNow = (stream?: StreamId) => {
    if (damage) return damage;
    return (stream === undefined ? null : known.refusal(stream)) ?? gone();
  };
  const listeners = storeListeners({
    head: () => reader.tail().position,
    after: (position, limit) => reader.after(position, limit, known.noteUnreadable),
    moved: () => anchored?.moved(),
    shared,
  });
  if (!damage) listeners.start();

  /** Listeners get copies of what is stored; the writer keeps its own. */
  const copies = (news: readonly Appended[]) =>
    news.map(({ written, commit }): Commit => {
      const facts = JSON.parse(written.facts) as Commit['facts'];
      return { ...commit, facts, metadata: JSON.parse(written.metadata) as Commit['metadata'] };
    });

  const queue = groupCommit<Written, Commit>({
    db,
    what,
    gone,
    begun: () => {
      fresh = [];
      heads.refresh();
    },
    stage: appender(db, stored, heads, (appended) => void fresh.push(appended)),
    committed: () => {
      trouble.passed();
      const [first, last] = [fresh[0]?.commit.position, fresh.at(-1)?.commit.position];
      if (first === undefined || last === undefined) return;
      anchored?.moved();
      listeners.tell(first, last, () => copies(fresh));
      tidy();
    },
    undone: () => heads.forget(),
    refused: trouble.met,
  });

  const read = (of: CommitReader, stream: StreamId, from: number) => {
    const commits = of.ofStream(stream, from);
    if (!('because' in commits)) return commits;
    throw known.unreadable(commits);
  };

  return {
    run: name.run,
    name,
    lack: lackNow,
    head: () => reader.tail().position,
    checked: () => ({ upTo: check?.upTo() ?? 0, faults: known.list() }),
    read: async (stream, { from = 0, at } = {}) => {
      if (damage && lack?.is === 'foreign') throw damage;
      const commits = await patiently(what, () => read(reader, stream, from));
      return at ? commits.filter(({ metadata }) => metadata.at <= at) : commits;
    },
    // Positions of another history mean something else to whoever reads on from his own: nothing flows from it.
    readAll: async (after, limit) =>
      isStrange ? [] : patiently(what, () => reader.after(after, limit, known.noteUnreadable)),
    end: async () => (isStrange ? 0 : patiently(what, () => reader.tail().position)),
    append: async (draft) => {
      if (closed) throw new StoreRefused('store_unavailable', `The store of ${what} is closed.`);
      const no = lackNow(draft.stream);
      if (no) throw no;
      const size = draft.facts.length;
      if (size === 0) throw new Error('a commit holds at least one event');
      const [facts, metadata] = [JSON.stringify(draft.facts), JSON.stringify(draft.metadata)];
      return queue.submit({ draft, size, facts, metadata });
    },
    subscribe: listeners.subscribe,
    refusal: () => {
      if (closed) return new StoreRefused('store_unavailable', `The store of ${what} is closed.`);
      return damage ?? trouble.now();
    },
    close: async () => {
      if (closed) return;
      check?.stop();
      listeners.stop();
      queue.flush();
      closed = true;
      await anchored?.close();
      reading.close();
      db.close();
    },
  };
};
