// What the views of the fleet need to know of each connection: whether what its machines show can be believed, and whether
// it takes calls. Inventory's own view tells the rest. Never: take a connection for listed because it is up.
import { eventType, foldConnection, isEvent, type ConnectionRecord, type DataOf } from '@drover/contracts';
import { isBlocked, isConfigured, type Projection, type VmId } from '@drover/kernel';
import { connectionIn, type Journalled } from '../journal/journalled.js';

/**
 * What the fleet's views must know of a connection: whether its machines can be believed, and whether it lets anyone
 * in.
 */
export type FleetConnection = ConnectionRecord & {
  /** Whether its machines were listed completely since it is known. */
  readonly listed: boolean;
  /** Machines of the fleet that the last listing could not read. */
  readonly unread: readonly VmId[];
  /** There are more of them, and nobody knows which. */
  readonly unreadBeyond: boolean;
};

const types = [
  eventType('inventory', 'connection-added'),
  eventType('inventory', 'connection-changed'),
  eventType('inventory', 'connection-sign-in-failed'),
  eventType('inventory', 'connection-sign-in-reset'),
  eventType('inventory', 'connection-state-changed'),
  eventType('inventory', 'connection-refreshed'),
] as const;

/** Whether nothing is sent there: its sign-in was refused, or it is no longer configured. */
export const isClosed = (connection: FleetConnection) => isBlocked(connection) || !isConfigured(connection);

type Refreshed = DataOf<'io.drover.inventory.connection-refreshed.v1'>;

/** An event of an earlier release names a hundred machines, and says nothing of the others. */
const unreadIn = ({ skipped = [], skippedCount = 0, unread: others = [], unreadCount }: Refreshed) => {
  const unread = [...new Set([...skipped.flatMap(({ vmId }) => vmId ?? []), ...others])];
  const unreadBeyond = unreadCount === undefined ? skippedCount > skipped.length : unreadCount > unread.length;
  return { unread, unreadBeyond };
};

/** Whether the last listing could not read a machine, or may not have. */
export const isUnread = ({ unread, unreadBeyond }: FleetConnection, vmId: VmId) =>
  unreadBeyond || unread.includes(vmId);

const unlisted = { listed: false, unread: [], unreadBeyond: false };

/** The connections, in short: for the label `simulated`, for `stale`, for what stands in the way of a command. */
export const connectionsProjection: Projection<Journalled, FleetConnection> = {
  view: 'connections',
  revision: 6,
  listensTo: types,
  key: ({ event }) => connectionIn(event),
  evolve: (row, { event }) => {
    if (!isEvent(event, ...types)) return row;
    const record = foldConnection(row, event);
    if (!record || record === row) return row;
    const { listed, unread, unreadBeyond } = row ?? unlisted;
    const { data } = event;
    return 'complete' in data
      ? { ...record, listed: data.complete || listed, ...unreadIn(data) }
      : { ...record, listed, unread, unreadBeyond };
  },
  index: { state: ({ state }) => state },
};
