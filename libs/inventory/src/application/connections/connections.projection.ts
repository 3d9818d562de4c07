// The connections: what others are told of them, folded as they fold it, and around that what the listings of their machines
// came to, which is inventory's own business. Never: what happens at this moment, which is in no event.
import { foldConnection, type ConnectionEvent, type ConnectionRecord } from '@drover/contracts';
import { StreamId, type Instant, type Projection } from '@drover/kernel';
import type { StoredFact } from '@drover/ports';
import type { ConnectionFact, DiscoveryCount, Unread } from '../../domain/connection.events.js';
import { inventoryPublished } from '../inventory.published.js';

/** How many ends of complete discoveries are kept: what the rule of gone machines counts. */
const KEPT = 5;

type Listings = {
  readonly discovery: {
    readonly skipped: NonNullable<DiscoveryCount['skipped']>;
    readonly skippedCount: number;
  } & (
    | { readonly state: 'never'; readonly at: null; readonly seen: null }
    | { readonly state: 'complete' | 'partial'; readonly at: Instant; readonly seen: number }
  );
  /** What the last discovery said of machines that could not be read, beyond those that it named. */
  readonly unread: Unread;
  /** When the last complete discoveries ended, oldest first. */
  readonly completions: readonly Instant[];
  /** The refresh that runs; 0 for none. */
  readonly refreshing: number;
};

/** A connection, and what the listings of its machines came to. */
export type ConnectionRow = ConnectionRecord & Listings;

type Heard = StoredFact<ConnectionFact>;

const unlisted: Listings = {
  discovery: { state: 'never', at: null, seen: null, skipped: [], skippedCount: 0 },
  ...{ unread: {}, completions: [], refreshing: 0 },
};

/** A listing has ended, whoever asked for it. */
const listed = ({ completions: earlier }: Listings, at: Instant, count: DiscoveryCount) => {
  const { complete, seen, skipped = [], skippedCount = 0, unread, unreadCount } = count;
  return {
    discovery: { state: complete ? 'complete' : 'partial', at, seen, skipped, skippedCount } as const,
    completions: complete ? [...earlier, at].slice(-KEPT) : earlier,
    unread: unread ? { unread, unreadCount } : {},
  };
};

/** What listings came to after a fact: an `op` is one that somebody asked for; what says of no end is the request. */
const listingsAfter = (row: Listings, { fact, at }: Heard): Listings => {
  const { discovery, unread, completions, refreshing } = row;
  const before = { discovery, unread, completions, refreshing };
  if (!('op' in fact)) return before;
  if ('deadline' in fact) return { ...before, refreshing: fact.op };
  const left = fact.op === refreshing ? 0 : refreshing;
  return { ...before, ...('seen' in fact && listed(row, at, fact)), refreshing: left };
};

const evolve = (row: ConnectionRow | null, stored: Heard): ConnectionRow | null => {
  const event = inventoryPublished(stored);
  if (!event) return row; // a listing that failed: the change of its state says so
  const record = foldConnection(row, {
    ...event,
    sequence: String(stored.sequence),
    time: stored.at,
  } as ConnectionEvent);
  return record && record !== row ? { ...record, ...listingsAfter(row ?? unlisted, stored) } : row;
};

/** What is known of each connection. */
export const connectionsView = {
  view: 'connections',
  revision: 5,
  pinned: true,
  listensTo: [
    'ConnectionAdded',
    'ConnectionChanged',
    'ConnectionStateChanged',
    'ConnectionSignInFailed',
    'ConnectionSignInReset',
    'ConnectionRefreshRequested',
    'ConnectionRefreshed',
    'ConnectionRefreshFailed',
  ],
  key: ({ stream }) => StreamId.key('connection', stream),
  evolve,
  index: { refreshing: ({ refreshing }) => (refreshing > 0 ? true : null), group: ({ groupIds }) => groupIds },
} as const satisfies Projection<Heard, ConnectionRow> & { readonly pinned: true };
