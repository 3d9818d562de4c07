// A refresh as an operation, folded from the stream of its connection by the table that all long work shares. It is read
// from the stream and not from a view, so whoever asked for it sees it at once. Never: a member that its events do not say.
import type { Operation } from '@drover/contracts';
import { OperationId, StreamId } from '@drover/kernel';
import { ownedOperation, shownOperation, type OperationOwner, type OperationWork } from '@drover/operations';
import type { Commit, StreamsOf } from '@drover/ports';
import type { connectionDecider } from '../../domain/connection.decider.js';
import type { ConnectionFact } from '../../domain/connection.events.js';
import { inventoryMapping } from '../inventory.published.js';

/** Where operations are read. */
export interface OperationPorts {
  readonly connections: StreamsOf<typeof connectionDecider>;
}

/** What belongs to a refresh. */
export type RefreshFact = Extract<ConnectionFact, { readonly op: number | null }>;
interface RefreshWork extends OperationWork {
  readonly reason: string | null;
}

/** What inventory adds to the record of a refresh: it runs from the request on, in one step. */
const refreshes: OperationOwner<RefreshFact, RefreshWork> = {
  mapping: inventoryMapping,
  initial: {
    ...{ state: 'running', phase: 'discover', steps: [], attempts: 1, cancellable: false, percent: null },
    ...{ evidence: null, errorMore: '', reason: null },
  },
  work: {
    ConnectionRefreshRequested: (work, { reason }) => ({ ...work, reason }),
    ConnectionRefreshed: (work) => work,
    ConnectionRefreshFailed: (work) => work,
  },
};

/** The commits that a refresh is among; none of an id that names no stream of connections. */
export const commitsAround = async (id: OperationId, { connections }: OperationPorts) => {
  const stream = OperationId.stream(id);
  return StreamId.category(stream) === 'connection' ? connections.commits(stream) : [];
};

/** A refresh as the commits of its connection tell it; null when nobody asked for it. */
export const refreshIn = (
  id: OperationId,
  commits: readonly Commit<ConnectionFact>[],
  name: string,
): Operation | null => {
  const owned = ownedOperation(id, commits as readonly Commit<RefreshFact>[], refreshes);
  return owned && shownOperation(owned.record, { name, reason: owned.work.reason }, owned.work);
};

/** One operation, from its own stream; null when there is none. `more`: what a dry run would add to it. */
export const operationAt = async (
  id: OperationId,
  ports: OperationPorts,
  more: readonly Commit<ConnectionFact>[] = [],
): Promise<Operation | null> => {
  if (OperationId.service(id) !== 'inventory') return null;
  const commits = await commitsAround(id, ports);
  if (commits.length === 0) return null;
  const { state } = await ports.connections.load(OperationId.stream(id));
  const name = state.is === 'known' ? state.settings.name : '';
  return refreshIn(id, [...commits, ...more], name);
};
