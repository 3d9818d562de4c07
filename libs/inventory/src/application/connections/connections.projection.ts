import { StreamId, type ConnectionId, type Instant, type Projection } from '@drover/kernel';
import type { StoredFact } from '@drover/ports';
import { connectionOf } from '../../domain/connection.js';
import type {
  ConnectionFact,
  ConnectionSettings,
  ConnectionState,
  DiscoveryCount,
} from '../../domain/connection.events.js';
import { isPublic } from '../inventory.published.js';

/** How many ends of complete discoveries are kept: what the rule of gone machines counts. */
const KEPT = 5;

/** A connection as its facts tell it. What happens at this moment is in no fact. */
export type ConnectionRow = ConnectionSettings & {
  readonly id: ConnectionId;
  readonly revision: number;
  /** The number of its last published fact. */
  readonly version: number;
  readonly state: ConnectionState;
  readonly code: string | null;
  readonly since: Instant;
  readonly refusedRevision: number;
  readonly refusedAt: Instant | null;
  readonly discovery: {
    readonly state: 'never' | 'complete' | 'partial';
    readonly at: Instant | null;
    readonly seen: number | null;
    readonly skipped: NonNullable<DiscoveryCount['skipped']>;
    readonly skippedCount: number;
  };
  /** What the last discovery said of machines that could not be read, beyond those that it named. */
  readonly unread: Pick<DiscoveryCount, 'unread' | 'unreadCount'>;
  /** When the last complete discoveries ended, oldest first. */
  readonly completions: readonly Instant[];
  /** The refresh that runs; 0 for none. */
  readonly refreshing: number;
};

type Heard = StoredFact<ConnectionFact>;
type Added = Extract<ConnectionFact, { type: 'ConnectionAdded' }>;

const added = ({ stream, at }: Heard, fact: Added): ConnectionRow => {
  const { type: _, ...settings } = fact;
  return {
    id: connectionOf(stream),
    ...settings,
    version: 0,
    state: 'unknown',
    code: null,
    since: at,
    refusedRevision: 0,
    refusedAt: null,
    discovery: { state: 'never', at: null, seen: null, skipped: [], skippedCount: 0 },
    unread: {},
    completions: [],
    refreshing: 0,
  };
};

const grow = (row: ConnectionRow, at: Instant, fact: Exclude<ConnectionFact, Added>): ConnectionRow => {
  switch (fact.type) {
    case 'ConnectionChanged': {
      const { type: _, ...settings } = fact;
      return { ...row, ...settings };
    }
    case 'ConnectionStateChanged':
      return { ...row, state: fact.to, code: fact.code, since: at };
    case 'ConnectionListingFailed':
      return row; // the change of its state says so
    case 'ConnectionSignInFailed':
      return { ...row, refusedRevision: fact.revision, refusedAt: at };
    case 'ConnectionSignInReset':
      return { ...row, revision: fact.revision };
    case 'ConnectionRefreshRequested':
      return { ...row, refreshing: fact.op };
    case 'ConnectionRefreshed': {
      const { op, complete, seen, skipped = [], skippedCount = 0, unread, unreadCount } = fact;
      const earlier = row.completions.filter((each) => each !== at);
      const completions = complete ? [...earlier, at].slice(-KEPT) : row.completions;
      const discovery = { state: complete ? 'complete' : 'partial', at, seen, skipped, skippedCount } as const;
      const others = { ...(unread && { unread }), ...(unreadCount !== undefined && { unreadCount }) };
      return { ...row, completions, discovery, unread: others, refreshing: op === row.refreshing ? 0 : row.refreshing };
    }
    case 'ConnectionRefreshFailed':
      return { ...row, refreshing: fact.op === row.refreshing ? 0 : row.refreshing };
  }
};

/** What is known of each connection. */
export const connectionsView = {
  view: 'connections',
  revision: 4,
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
  evolve: (row, stored) => {
    const { fact, at, sequence } = stored;
    const grown = fact.type === 'ConnectionAdded' ? added(stored, fact) : row && grow(row, at, fact);
    return grown && isPublic(fact) ? { ...grown, version: sequence } : grown;
  },
  index: { refreshing: ({ refreshing }) => (refreshing > 0 ? true : null), group: ({ groupIds }) => groupIds },
} as const satisfies Projection<Heard, ConnectionRow> & { readonly pinned: true };
