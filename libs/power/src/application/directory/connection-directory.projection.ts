// The connections as power looks them up, by the fold that all services share. Never: a fold of its own, or what power
// itself found of a sign-in; that stands in its streams.
import { foldConnection, type CloudEvent, type ConnectionRecord, type EventType } from '@drover/contracts';
import type { Projection } from '@drover/kernel';

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
  revision: 3,
  listensTo: LISTENS,
  key: ({ partitionkey }) => partitionkey,
  evolve: (row, event) => foldConnection(row, event),
  index: { host: ({ url }) => hostOf(url) },
} as const satisfies Projection<Heard, ConnectionRecord>;
