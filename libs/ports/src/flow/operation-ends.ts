// Hears from the events that a process stores which operations have ended, and tells of each with the request that began it.
// The record is read from its owner, so log and API say the same. Never: a write.
import { hasEnded, type Operation } from '@drover/contracts';
import { isRejection, OperationId, type Rejection, type RequestId } from '@drover/kernel';
import type { Commit } from '../event-store/event-store.js';
import { recentMap } from '../recent-map.js';
import { operationBeginnings, REMEMBERED } from './operation-beginnings.js';
import type { ServiceFlow } from './service-flow.js';
import { storedFacts } from './stored-fact.js';

/** How an operation ended, and the request that began it. */
export interface OperationEnd {
  readonly operation: Operation;
  /** Of a machine of a bulk: the request for the bulk. */
  readonly requestId: RequestId;
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

const ofOperation = ({ facts }: Commit) => facts.some(({ fact }) => typeof fact['op'] === 'number');

/** The operations that a commit tells others of. */
const operationsIn = (commit: Commit, service: string, publish: ServiceFlow['publish']): ReadonlySet<OperationId> => {
  const told = storedFacts(commit).flatMap((stored) => {
    const { op } = stored.fact;
    return typeof op === 'number' && publish(stored) !== null ? [OperationId.of(service, commit.stream, op)] : [];
  });
  return new Set(told);
};

/**
 * Tells of each operation of a service when it has ended, as its facts are stored: once, by the process that stored them,
 * and not again when views are rebuilt or the process is started anew. An operation whose outcome was unknown ends a
 * second time when it is found or marked. Returns how to stop.
 */
export const operationEnds = (service: ServiceFlow['service'], ports: OperationEndsPorts): (() => void) => {
  const { flow, read, tell, report } = ports;
  const { eventStore, publish } = flow;
  const begun = operationBeginnings(eventStore);
  const told = recentMap<OperationId, Operation['state']>(REMEMBERED);

  const look = async (id: OperationId) => {
    const operation = await read(id);
    if (isRejection(operation) || !hasEnded(operation) || told.get(id) === operation.state) return;
    told.set(id, operation.state); // before anything else is waited for: two events that end it are one end
    const { parent, requestedAt } = operation;
    const { requestId, traceparent } = await (parent ? begun.of(parent, null) : begun.of(id, requestedAt));
    tell({ operation, requestId, ...(traceparent !== undefined && { traceparent }) });
  };

  const hear = (commit: Commit) => {
    for (const id of operationsIn(commit, service, publish)) {
      begun.hear(id, commit.metadata);
      void look(id).catch((error: unknown) => report(`the end of ${id}`, error));
    }
  };
  return eventStore.subscribe((commits) => {
    for (const commit of commits.filter(ofOperation))
      try {
        hear(commit);
      } catch (error) {
        report(`the ends of operations in ${commit.stream}`, error); // what cannot be told is parked by its readers
      }
  });
};
