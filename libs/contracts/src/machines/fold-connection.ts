// The one fold of a connection, for every view that keeps a ConnectionRecord. A repeat, by its number, changes nothing.
// Never: what a listing found; a service that counts listings adds that around the record.
import { assertNever, ConnectionId, type ConnectionState, type ConnectionStatus } from '@drover/kernel';
import type { EventType } from '../catalogue.js';
import type { CloudEvent } from '../cloud-event.js';
import type { ConnectionRecord } from './connection-record.js';

type ConnectionEventType = Extract<EventType, `io.drover.inventory.connection-${string}`>;

/** An event of a connection, as far as the fold needs it: inventory folds its own events before they have an envelope. */
export type ConnectionEvent = {
  [One in ConnectionEventType]: Pick<CloudEvent<One>, 'type' | 'partitionkey' | 'sequence' | 'time' | 'data'>;
}[ConnectionEventType];

/** A connection that is not up always says why; where an event does not, that its provider failed. */
const statusOf = (state: ConnectionState, code: string | null): ConnectionStatus =>
  state === 'up' || state === 'unknown' ? { state, code: null } : { state, code: code ?? 'provider_error' };

const fresh = { state: 'unknown', code: null, refusal: null, resetAt: null } as const;

/** The record after one event; null while nobody was told how the connection is reached. The same record where the event was in it. */
export const foldConnection = (
  connection: ConnectionRecord | null,
  event: ConnectionEvent,
): ConnectionRecord | null => {
  const sequence = Number(event.sequence);
  if (connection && sequence <= connection.sequence) return connection;
  if (
    event.type === 'io.drover.inventory.connection-added.v1' ||
    event.type === 'io.drover.inventory.connection-changed.v1'
  ) {
    const id = ConnectionId.parse(event.partitionkey);
    return { id, since: event.time, ...fresh, ...connection, ...event.data, sequence };
  }
  if (!connection) return null;
  switch (event.type) {
    case 'io.drover.inventory.connection-sign-in-failed.v1':
      return { ...connection, sequence, refusal: { revision: event.data.revision, at: event.time } };
    case 'io.drover.inventory.connection-sign-in-reset.v1':
      return { ...connection, sequence, revision: event.data.revision, resetAt: event.time };
    case 'io.drover.inventory.connection-state-changed.v1':
      return { ...connection, sequence, ...statusOf(event.data.to, event.data.code), since: event.time };
    case 'io.drover.inventory.connection-refresh-requested.v1':
    case 'io.drover.inventory.connection-refreshed.v1':
    case 'io.drover.inventory.connection-refresh-failed.v1':
      return { ...connection, sequence };
    default:
      return assertNever(event);
  }
};
