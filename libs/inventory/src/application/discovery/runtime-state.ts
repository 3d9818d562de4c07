// What is so in this process alone. Never: stored, or decided by in another process.
import type { ConnectionId } from '@drover/kernel';

/** What is so at this moment, and in no fact: which connections are being listed, and what their provider said last. */
export interface RuntimeState {
  /** How many listings of a connection are under way. */
  readonly listing: Map<ConnectionId, number>;
  /** The provider's own words for why it is not up. */
  readonly detail: Map<ConnectionId, string>;
  /** The connections whose session is live: it has listed everything and tells what changes. */
  readonly live: Set<ConnectionId>;
  /** The connections of which something has to be looked for again. */
  readonly doubtful: Set<ConnectionId>;
  /** Since when, on the monotonic clock, a provider shows nothing where machines were known. */
  readonly empty: Map<ConnectionId, number>;
  /** The references that the last listing of a connection skipped. */
  readonly skipped: Map<ConnectionId, ReadonlySet<string>>;
  /** When the machines of a live connection are to be listed by name, on the monotonic clock. */
  readonly namesDue: Map<ConnectionId, number>;
}

/** What is so when the process begins: no connection is being listed, live or in doubt. */
export const runtimeState = (): RuntimeState => ({
  ...{ listing: new Map(), detail: new Map(), live: new Set(), doubtful: new Set() },
  ...{ empty: new Map(), skipped: new Map(), namesDue: new Map() },
});
