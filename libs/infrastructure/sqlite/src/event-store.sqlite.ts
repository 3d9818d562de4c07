// The event store on one file. One writer connection behind a queue that commits once per turn of the event loop;
// everything is decided inside the transaction, so that several processes on one file stay right, too. Reads have a
// connection of their own and end before they return: no read transaction lives longer than a call. No retries here; a
// refusal says why.
import { StoreRefused, StreamMoved, type Commit, type EventStore } from '@drover/ports';
import { damageOf, keepAnchor, type AnchorOptions } from './anchor.sqlite.js';
import { commitReader, factsFile, hashOfWritten, idBytes, type Written } from './commits.sqlite.js';
import { fileRefusal, openFile, openReader, walKeeper } from './database.sqlite.js';
import { groupCommit, type Staged } from './group-commit.sqlite.js';
import { headsOf } from './heads.sqlite.js';

/** Where the facts are kept. */
export interface SqliteEventStoreOptions {
  readonly path: string;
  /** With an anchor a store that has become shorter is found out when it is opened. One process at a time keeps it. */
  readonly anchor?: AnchorOptions;
}

/** An event store that can be asked whether it takes facts, and closed. */
export interface SqliteEventStore extends EventStore {
  /** Why it takes no facts at present, by trying again if need be; null when it takes them. */
  refusal(): StoreRefused | null;
  close(): Promise<void>;
}

type Reader = ReturnType<typeof commitReader>;

/** What the store lacks of what it had. Damage that SQLite finds on the way refuses the file. */
const lackOf = (reader: Reader, path: string, anchor: AnchorOptions | undefined) => {
  try {
    return damageOf(reader, anchor?.path);
  } catch (error) {
    throw fileRefusal(error, path, factsFile);
  }
};

/** Opens the store; makes the file when it is not there. */
export const sqliteEventStore = ({ path, anchor }: SqliteEventStoreOptions): SqliteEventStore => {
  const db = openFile(path, factsFile);
  const reading = openReader(path);
  const reader = commitReader(reading);
  const known = commitReader(db);
  const heads = headsOf(db);
  const what = `the facts at ${path}`;
  const damage = lackOf(reader, path, anchor);
  const anchored = anchor && !damage ? keepAnchor(anchor, () => reader.tail()) : null;
  const tidy = walKeeper(db, path);
  const listeners = new Set<(commits: readonly Commit[]) => void>();
  const insert = db.prepare('INSERT INTO commits VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING');
  const touch = db.prepare(`PRAGMA user_version = ${factsFile.version}`);
  let refused: StoreRefused | null = null;
  let closed = false;
  let fresh: { readonly written: Written; readonly commit: Commit }[] = [];

  const repeated = ({ draft }: Written): Commit | null => known.byId(draft.commitId);

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

  /** Listeners get copies of what is stored; the writer keeps its own. */
  const tell = (news: typeof fresh) => {
    if (listeners.size === 0) return;
    const commits = news.map(({ written, commit }): Commit => {
      const facts = JSON.parse(written.facts) as Commit['facts'];
      return { ...commit, facts, metadata: JSON.parse(written.metadata) as Commit['metadata'] };
    });
    for (const listener of listeners) listener(commits);
  };

  const queue = groupCommit<Written, Commit>({
    db,
    what,
    begun: () => {
      fresh = [];
      heads.refresh();
    },
    stage,
    committed: () => {
      if (fresh.length === 0) return;
      refused = null;
      anchored?.moved();
      tell(fresh);
      tidy();
    },
    undone: (error) => {
      heads.forget();
      if (error instanceof StoreRefused) refused = error;
    },
  });

  const blocked = () => {
    if (closed) return new StoreRefused('store_unavailable', `The store of ${what} is closed.`);
    return damage ? new StoreRefused('store_shorter_than_anchor', damage) : null;
  };

  return {
    read: async (stream, { from = 0, at } = {}) => {
      const commits = reader.ofStream(stream, from);
      return at ? commits.filter(({ metadata }) => metadata.at <= at) : commits;
    },
    readAll: async (after, limit) => reader.after(after, limit),
    append: async (draft) => {
      const no = blocked();
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
      if (blocked()) return blocked();
      if (refused)
        try {
          touch.run();
          refused = null;
        } catch {
          // still so
        }
      return refused;
    },
    close: async () => {
      if (closed) return;
      queue.flush();
      closed = true;
      await anchored?.close();
      reading.close();
      db.close();
    },
  };
};
