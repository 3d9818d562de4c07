// The event store in memory: what every law is tried on first. Never: an object that is shared with a caller; text is kept,
// as on a disk.
import type { CommitId, StreamId } from '@drover/kernel';
import { chainHash, GENESIS, StoreRefused, StreamMoved, type Commit, type EventStore } from './event-store.js';

/** What a test makes of the reference adapter. */
export interface MemoryEventStoreOptions {
  readonly run?: number;
  /** Whether a stream, or every one of them, lacks what it had; asked each time, so a test can change its mind. */
  readonly lacks?: (stream: StreamId | undefined) => boolean;
}

/** The reference adapter. It keeps text, as a disk does: what JSON loses is lost in the fastest test already. */
export const memoryEventStore = ({ run = 0, lacks = () => false }: MemoryEventStoreOptions = {}): EventStore => {
  const lack = (stream?: StreamId) =>
    lacks(stream) ? new StoreRefused('store_shorter_than_anchor', 'It ends before its anchor.') : null;
  const log: string[] = [];
  const placeOf = new Map<CommitId, number>();
  const streams = new Map<StreamId, { readonly facts: number; readonly places: number[] }>();
  const listeners = new Set<(commits: readonly Commit[]) => void>();
  const commitAt = (place: number) => JSON.parse(log[place] ?? '') as Commit;
  return {
    run,
    lack,
    read: async (stream, { from = 0, at } = {}) => {
      const commits: Commit[] = [];
      for (const place of (streams.get(stream)?.places ?? []).toReversed()) {
        const commit = commitAt(place);
        if (commit.version < from) break;
        if (!at || commit.metadata.at <= at) commits.push(commit);
      }
      return commits.reverse();
    },
    readAll: async (after, limit) => log.slice(after, after + limit).map((line) => JSON.parse(line) as Commit),
    end: async () => log.length,
    append: async (draft) => {
      const refusal = lack(draft.stream);
      if (refusal) throw refusal;
      const known = placeOf.get(draft.commitId);
      if (known !== undefined) return commitAt(known);
      const { stream, version, facts } = draft;
      const { facts: actual, places } = streams.get(stream) ?? { facts: 0, places: [] };
      if (actual !== version) throw new StreamMoved(stream, version, actual);
      const place = log.length;
      const prevHash = place > 0 ? chainHash(commitAt(place - 1)) : GENESIS;
      const commit: Commit = { position: place + 1, ...draft, prevHash };
      log.push(JSON.stringify(commit));
      placeOf.set(draft.commitId, place);
      places.push(place);
      streams.set(stream, { facts: actual + facts.length, places });
      for (const listener of listeners) listener([commitAt(place)]);
      return commit;
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
};
