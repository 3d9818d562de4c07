// What every service keeps of a connection. One that is not up says why. Never: a secret; there is only the reference to
// where it is kept.
import type { ConnectionId, ConnectionStatus, ConnectionTarget, Instant } from '@drover/kernel';
import type { DataOf } from '../catalogue.js';

type Told = DataOf<'io.drover.inventory.connection-added.v1'>;

/** A connection as inventory's public events tell of it: what every service keeps of it, by one fold. */
export type ConnectionRecord = { readonly [Member in keyof Told]: Told[Member] } & ConnectionStatus & {
    readonly id: ConnectionId;
    /** The number of the last event in it. */
    readonly sequence: number;
    /** Since when it is in its state. */
    readonly since: Instant;
    /** The last sign-in that its provider refused: of which revision, and when. */
    readonly refusal: { readonly revision: number; readonly at: Instant } | null;
    /** When a sign-in was allowed anew; null when it never was. */
    readonly resetAt: Instant | null;
  };

/** What an adapter needs to reach a connection. */
export const targetIn = ({
  id,
  kind,
  url,
  credentialRef,
  tls,
  allow,
  revision,
}: ConnectionRecord): ConnectionTarget => ({
  ...{ id, kind, url, credentialRef, tls, allow, revision },
});
