import type { CloudEvent, ConnectionState, EventType } from '@drover/contracts';
import { ConnectionId, type ConnectionTarget, type Instant, type Projection } from '@drover/kernel';

/** What power must know of a connection: how it is reached, and whether it may be. */
export type ConnectionRow = {
  readonly name: string;
  readonly target: ConnectionTarget;
  readonly state: ConnectionState;
  /** Whether it still stands where connections are configured: nothing is sent to one that does not. */
  readonly configured: boolean;
  /** A sign-in was refused: nothing is sent until the connection changes or is reset. */
  readonly blocked: boolean;
  readonly resetAt: Instant | null;
};

const LISTENS = [
  'io.drover.inventory.connection-added.v1',
  'io.drover.inventory.connection-changed.v1',
  'io.drover.inventory.connection-sign-in-failed.v1',
  'io.drover.inventory.connection-sign-in-reset.v1',
  'io.drover.inventory.connection-state-changed.v1',
] as const satisfies readonly EventType[];
type Heard = CloudEvent<(typeof LISTENS)[number]>;

/** The host in an address; null in none. */
export const hostOf = (url: string | null) =>
  url !== null && URL.canParse(url) ? new URL(url).hostname.toLowerCase() : null;

/** The connections as inventory tells of them. */
export const connectionDirectory = {
  view: 'connection-directory',
  revision: 2,
  listensTo: LISTENS,
  key: ({ partitionkey }) => partitionkey,
  evolve: (row, event) => {
    switch (event.type) {
      case 'io.drover.inventory.connection-added.v1':
      case 'io.drover.inventory.connection-changed.v1': {
        const { name, kind, url, credentialRef, tls, allow, revision } = event.data;
        const target = { id: ConnectionId.parse(event.partitionkey), kind, url, credentialRef, tls, allow, revision };
        const again = row !== null && row.target.revision >= revision;
        return {
          name,
          target,
          state: row?.state ?? 'unknown',
          configured: row?.configured ?? true,
          blocked: again && row.blocked,
          resetAt: row?.resetAt ?? null,
        };
      }
      default:
    }
    if (!row) return null;
    switch (event.type) {
      case 'io.drover.inventory.connection-sign-in-failed.v1':
        return { ...row, blocked: event.data.revision >= row.target.revision };
      case 'io.drover.inventory.connection-sign-in-reset.v1':
        // Another revision: an adapter remembers the sign-in that was refused under the one before.
        return {
          ...row,
          target: { ...row.target, revision: event.data.revision },
          blocked: false,
          resetAt: event.time,
        };
      case 'io.drover.inventory.connection-state-changed.v1':
        return { ...row, state: event.data.to, configured: event.data.code !== 'not_configured' };
    }
  },
  index: { host: ({ target }) => hostOf(target.url) },
} as const satisfies Projection<Heard, ConnectionRow>;
