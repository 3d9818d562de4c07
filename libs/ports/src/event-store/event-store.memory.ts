import { chainHash, GENESIS, StreamMoved, type Commit, type EventStore } from './event-store.js';

/** The reference adapter. It keeps text, as a disk does: what JSON loses is lost in the fastest test already. */
export const memoryEventStore = (): EventStore => {
  const log: string[] = [];
  const listeners = new Set<(commits: readonly Commit[]) => void>();
  const commits = (from = 0, to?: number): readonly Commit[] =>
    log.slice(from, to).map((line) => JSON.parse(line) as Commit);
  return {
    read: async (stream, { from = 0, at } = {}) =>
      commits().filter((commit) => commit.stream === stream && commit.version >= from && (!at || commit.metadata.at <= at)),
    readAll: async (after, limit) => commits(after, after + limit),
    append: async (draft) => {
      const past = commits();
      const again = past.find(({ commitId }) => commitId === draft.commitId);
      if (again) return again;
      const { stream, version } = draft;
      const actual = past.filter((c) => c.stream === stream).reduce((sum, { facts }) => sum + facts.length, 0);
      if (actual !== version) throw new StreamMoved(stream, version, actual);
      const last = past.at(-1);
      const commit: Commit = {
        position: (last?.position ?? 0) + 1,
        ...draft,
        prevHash: last ? chainHash(last) : GENESIS,
      };
      log.push(JSON.stringify(commit));
      for (const listener of listeners) listener(commits(log.length - 1));
      return commit;
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
};
