// With which request an operation began, for lines of the log that tell its end. Never: a guess; what was not heard is read
// from the stream.
import { OperationId } from '@drover/kernel';
import type { CommitMetadata, EventStore } from '../event-store/event-store.js';
import { recentMap } from '../recent-map.js';

/** So many operations are remembered from their beginning on; of others the request is read from their stream. */
export const REMEMBERED = 10_000;

/** Of a request: when it was made, and what it can be followed by. */
export type RequestTrace = Pick<CommitMetadata, 'at' | 'requestId' | 'traceparent'>;

/** The requests that operations began with: heard as they are stored, else read from the stream. */
export const operationBeginnings = (eventStore: EventStore) => {
  const heard = recentMap<OperationId, RequestTrace>(REMEMBERED);
  const found = recentMap<OperationId, Promise<RequestTrace>>(REMEMBERED);
  const find = async (id: OperationId): Promise<RequestTrace> => {
    const stream = OperationId.stream(id);
    const commits = await eventStore.read(stream);
    const first = commits.find(({ facts }) => facts.some(({ fact }) => fact['op'] === OperationId.ordinal(id)));
    if (!first) throw new Error(`${stream} does not tell how ${id} began`);
    return first.metadata;
  };
  return {
    hear: (id: OperationId, metadata: RequestTrace) => {
      if (!heard.has(id)) heard.set(id, metadata);
    },
    /** `at`: when the request was made. The first that was heard of an operation may be a later event of it. */
    of: (id: OperationId, at: string | null): Promise<RequestTrace> => {
      const first = heard.get(id);
      if (first && first.at === at) return Promise.resolve(first);
      const known = found.get(id) ?? find(id);
      found.set(id, known);
      known.catch(() => found.delete(id));
      return known;
    },
  };
};
