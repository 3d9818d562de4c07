// Whether inventory has said which connections there are: a fleet of which it has not may lack all its machines. Never: what is
// known of one connection; `connections.projection.ts` has that.
import { eventType, isEvent } from '@drover/contracts';
import type { ConnectionId, Projection } from '@drover/kernel';
import type { Journalled } from '../journal/journalled.js';

/** The connections that inventory named last. It told of each of them before. */
export type ConnectionSetRow = { readonly connectionIds: readonly ConnectionId[] };

/** The key of its only row. */
export const ALL_CONNECTIONS = 'all';

const configured = eventType('inventory', 'connections-configured');

/** One row, from the day on which inventory first said it. */
export const connectionSetProjection: Projection<Journalled, ConnectionSetRow> = {
  view: 'connection-set',
  revision: 1,
  listensTo: [configured],
  key: ({ event }) => (isEvent(event, configured) ? ALL_CONNECTIONS : null),
  evolve: (row, { event }) => (isEvent(event, configured) ? { connectionIds: event.data.connectionIds } : row),
  index: {},
};
