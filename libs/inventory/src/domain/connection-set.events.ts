// What is stored of all connections together, for good. Never: rename or remove a member.
import type { ConnectionId } from '@drover/kernel';

/** What has happened to the set of connections. The settings of each stand in its own stream, and were stored before. */
export type ConnectionSetFact = { type: 'ConnectionsConfigured'; connectionIds: readonly ConnectionId[] };
