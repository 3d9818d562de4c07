import { eventType, isEvent, type ConnectionState, type DataOf } from '@drover/contracts';
import {
  assertNever,
  type ConnectionId,
  type ConnectionKind,
  type GroupId,
  type Instant,
  type Projection,
  type VmId,
} from '@drover/kernel';
import { connectionIn, type Journalled } from '../journal/journalled.js';

/**
 * What the fleet's views must know of a connection: whether its machines can be believed, and whether it lets anyone
 * in.
 */
export type ConnectionRow = {
  readonly id: ConnectionId;
  readonly name: string;
  readonly kind: ConnectionKind;
  readonly groupIds: readonly GroupId[];
  readonly state: ConnectionState;
  readonly code: string | null;
  readonly since: Instant;
  readonly revision: number;
  /** The revision at which a sign-in was refused; null when none was, or it was allowed again. */
  readonly refusedAt: number | null;
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

/** Whether nothing is sent there: its sign-in was refused at the present revision, or it is no longer configured. */
export const isBlocked = ({ refusedAt, revision, code }: ConnectionRow) =>
  refusedAt === revision || code === 'not_configured';

type Refreshed = DataOf<'io.drover.inventory.connection-refreshed.v1'>;

/** An event of an earlier release names a hundred machines, and says nothing of the others. */
const unreadIn = ({ skipped = [], skippedCount = 0, unread: others = [], unreadCount }: Refreshed) => {
  const unread = [...new Set([...skipped.flatMap(({ vmId }) => vmId ?? []), ...others])];
  const unreadBeyond = unreadCount === undefined ? skippedCount > skipped.length : unreadCount > unread.length;
  return { unread, unreadBeyond };
};

/** Whether the last listing could not read a machine, or may not have. */
export const isUnread = ({ unread, unreadBeyond }: ConnectionRow, vmId: VmId) => unreadBeyond || unread.includes(vmId);

/** The connections, in short: for the label `simulated`, for `stale`, for what stands in the way of a command. */
export const connectionsProjection: Projection<Journalled, ConnectionRow> = {
  view: 'connections',
  revision: 5,
  listensTo: types,
  key: ({ event }) => connectionIn(event),
  evolve: (row, { event }) => {
    if (!isEvent(event, ...types)) return row;
    switch (event.type) {
      case 'io.drover.inventory.connection-added.v1':
      case 'io.drover.inventory.connection-changed.v1': {
        const id = connectionIn(event);
        if (id === null) return row;
        const { name, kind, groupIds, revision } = event.data;
        const fresh = { state: 'unknown', code: null, since: event.time, refusedAt: null, listed: false } as const;
        return {
          ...fresh,
          unread: [],
          unreadBeyond: false,
          ...row,
          id,
          name,
          kind,
          groupIds,
          revision,
        };
      }
      case 'io.drover.inventory.connection-sign-in-failed.v1':
        return row && { ...row, refusedAt: event.data.revision };
      case 'io.drover.inventory.connection-sign-in-reset.v1':
        return row && { ...row, refusedAt: null, revision: event.data.revision };
      case 'io.drover.inventory.connection-state-changed.v1':
        return row && { ...row, state: event.data.to, code: event.data.code, since: event.time };
      case 'io.drover.inventory.connection-refreshed.v1':
        return row && { ...row, listed: event.data.complete || row.listed, ...unreadIn(event.data) };
      default:
        return assertNever(event);
    }
  },
  index: { state: ({ state }) => state },
};
