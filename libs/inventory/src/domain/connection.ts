import { assertNever, OperationId, StreamId, ConnectionId, type Instant } from '@drover/kernel';
import type { ConnectionFact, ConnectionSettings, ConnectionState } from './connection.events.js';

/** A refresh that was asked for, or the number of the last one. */
export type Refresh =
  | { readonly is: 'idle'; readonly op: number }
  | { readonly is: 'open'; readonly op: number; readonly deadline: Instant };

/** What is wrong with a listing: it failed, or it showed nothing where machines were known. `detail`: in its own words. */
type ListingTrouble = { readonly code: string; readonly detail: string | null };

/** A connection that was recorded. */
export type KnownConnection = {
  readonly is: 'known';
  readonly settings: ConnectionSettings;
  readonly revision: number;
  readonly state: ConnectionState;
  /** Why it is not up. */
  readonly code: string | null;
  /** The revision whose sign-in was refused last; 0 for none. */
  readonly refusedRevision: number;
  /** What is wrong with the last listing; null when nothing is. Only the next one that is complete ends it. */
  readonly trouble: ListingTrouble | null;
  readonly refresh: Refresh;
};

/** A connection, or none of that name. */
export type Connection = { readonly is: 'unknown' } | KnownConnection;

/** A connection that nobody recorded. */
export const initialConnection: Connection = { is: 'unknown' };

/** Where the facts of a connection are kept. */
export const connectionStream = (id: ConnectionId) => StreamId.of('connection', id);

/** The connection that a stream is of. */
export const connectionOf = (stream: StreamId): ConnectionId => ConnectionId.parse(StreamId.key('connection', stream));

/** The id of one of its refreshes. */
export const refreshOperation = (id: ConnectionId, op: number) => OperationId.of('inventory', connectionStream(id), op);

/** How long a refresh may take, in seconds. */
export const REFRESH_SECONDS = 600;

/** Whether the provider refused the sign-in of the present settings: nobody tries it again. */
export const isBlocked = ({ refusedRevision, revision }: Pick<KnownConnection, 'refusedRevision' | 'revision'>) =>
  refusedRevision === revision;

/** Codes of a connection that is down because Drover cannot even try. */
export const NOT_CONFIGURED = 'not_configured';
export const SECRET_UNUSABLE = 'secret_unusable';
/** Its provider does not know the user, or the password. */
export const SIGN_IN_FAILED = 'sign_in_failed';
/** It does not answer. */
export const UNREACHABLE = 'provider_unreachable';
/** The provider shows nothing where machines were known. */
export const NOTHING_FOUND = 'nothing_found';

/** Whether there is something to talk to. */
export const isUsable = (connection: KnownConnection) =>
  !isBlocked(connection) && connection.code !== NOT_CONFIGURED && connection.code !== SECRET_UNUSABLE;

/** Why there is nothing to talk to. */
export const whyUnusable = ({ code }: KnownConnection) =>
  code === NOT_CONFIGURED
    ? 'The connection is no longer configured.'
    : code === SECRET_UNUSABLE
      ? 'The secret of the connection cannot be read.'
      : 'The provider refused the last sign-in, and nobody changed the connection since.';

const ended = (connection: KnownConnection, op: number | null): KnownConnection =>
  op === connection.refresh.op ? { ...connection, refresh: { is: 'idle', op } } : connection;

/** Grows the state by one fact. It trusts history, so it never refuses and never throws. */
export const evolve = (connection: Connection, fact: ConnectionFact): Connection => {
  if (fact.type === 'ConnectionAdded' || fact.type === 'ConnectionChanged') {
    const { type: _, revision, ...settings } = fact;
    const fresh = { state: 'unknown', code: null, refusedRevision: 0, refresh: { is: 'idle', op: 0 } } as const;
    return { is: 'known', ...(connection.is === 'known' ? connection : fresh), settings, revision, trouble: null };
  }
  if (connection.is === 'unknown') return connection;
  switch (fact.type) {
    case 'ConnectionStateChanged':
      return { ...connection, state: fact.to, code: fact.code };
    case 'ConnectionListingFailed':
      return { ...connection, trouble: { code: fact.code, detail: fact.detail } };
    case 'ConnectionSignInFailed':
      return { ...connection, refusedRevision: fact.revision };
    case 'ConnectionSignInReset':
      return { ...connection, revision: fact.revision, trouble: null };
    case 'ConnectionRefreshRequested':
      return { ...connection, refresh: { is: 'open', op: fact.op, deadline: fact.deadline } };
    case 'ConnectionRefreshed': {
      const trouble = fact.complete ? null : { code: NOTHING_FOUND, detail: null };
      return { ...ended(connection, fact.op), trouble };
    }
    case 'ConnectionRefreshFailed':
      return ended(connection, fact.op);
    default:
      return assertNever(fact);
  }
};
