import { hasEnded, type Operation } from '@drover/contracts';
import { isRejection, OperationId, type Rejection } from '@drover/kernel';
import type { Commit, CommitMetadata } from '../event-store/event-store.js';
import { recentMap } from '../recent-map.js';
import type { ServiceFlow } from './service-flow.js';
import { storedFacts } from './stored-fact.js';

/** How an operation ended, and the request that began it. */
export interface OperationEnd {
  readonly operation: Operation;
  /** Of a machine of a bulk: the request for the bulk. */
  readonly requestId: string;
  readonly traceparent?: string;
}

/** What it takes to hear of ends. */
export interface OperationEndsPorts {
  readonly flow: Pick<ServiceFlow, 'eventStore' | 'publish'>;
  /** The operation as its owner shows it. */
  readonly read: (id: OperationId) => Promise<Operation | Rejection>;
  readonly tell: (end: OperationEnd) => void;
  readonly report: (where: string, error: unknown) => void;
}

/** So many operations are remembered from their beginning on; of others the request is read from their stream. */
const REMEMBERED = 10_000;

type Begun = Pick<CommitMetadata, 'at' | 'requestId' | 'traceparent'>;

const ofOperation = ({ facts }: Commit) => facts.some(({ fact }) => typeof fact['op'] === 'number');

/** The operations that a commit tells others of. */
const operationsIn = (commit: Commit, service: string, publish: ServiceFlow['publish']): ReadonlySet<OperationId> => {
  const told = storedFacts(commit).flatMap((stored) => {
    const { op } = stored.fact;
    return typeof op === 'number' && publish(stored) !== null ? [OperationId.of(service, commit.stream, op)] : [];
  });
  return new Set(told);
};

/** The requests that operations began with: heard as they are stored, else read from the stream. */
const beginnings = (eventStore: ServiceFlow['eventStore']) => {
  const heard = recentMap<OperationId, Begun>(REMEMBERED);
  const found = recentMap<OperationId, Promise<Begun>>(REMEMBERED);
  const find = async (id: OperationId): Promise<Begun> => {
    const stream = OperationId.stream(id);
    const commits = await eventStore.read(stream);
    const first = commits.find(({ facts }) => facts.some(({ fact }) => fact['op'] === OperationId.ordinal(id)));
    if (!first) throw new Error(`${stream} does not tell how ${id} began`);
    return first.metadata;
  };
  return {
    hear: (id: OperationId, metadata: Begun) => {
      if (!heard.has(id)) heard.set(id, metadata);
    },
    /** `at`: when the request was made. The first that was heard of an operation may be a later event of it. */
    of: (id: OperationId, at: string | null): Promise<Begun> => {
      const first = heard.get(id);
      if (first && first.at === at) return Promise.resolve(first);
      const known = found.get(id) ?? find(id);
      found.set(id, known);
      known.catch(() => found.delete(id));
      return known;
    },
  };
};

/**
 * Tells of each operation of a service when it has ended, as its facts are stored: once, by the process that stored them,
 * and not again when views are rebuilt or the process is started anew. An operation whose outcome was unknown ends a
 * second time when it is found or marked. Returns how to stop.
 */
export const operationEnds = (service: ServiceFlow['service'], ports: OperationEndsPorts): (() => void) => {
  const { flow, read, tell, report } = ports;
  const { eventStore, publish } = flow;
  const begun = beginnings(eventStore);
  const told = recentMap<OperationId, Operation['state']>(REMEMBERED);

  const look = async (id: OperationId) => {
    const operation = await read(id);
    if (isRejection(operation) || !hasEnded(operation) || told.get(id) === operation.state) return;
    told.set(id, operation.state); // before anything else is waited for: two events that end it are one end
    const { parent, requestedAt } = operation;
    const { requestId, traceparent } = await (parent ? begun.of(parent, null) : begun.of(id, requestedAt));
    tell({ operation, requestId, ...(traceparent !== undefined && { traceparent }) });
  };

  return eventStore.subscribe((commits) => {
    for (const commit of commits.filter(ofOperation))
      for (const id of operationsIn(commit, service, publish)) {
        begun.hear(id, commit.metadata);
        void look(id).catch((error: unknown) => report(`the end of ${id}`, error));
      }
  });
};
