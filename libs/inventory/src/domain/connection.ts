// What is true of a connection after its events: settings, whether its provider can be talked to and why not, the refused
// sign-in, the refresh that runs. What is so only in one process (a live session, a listing under way) is no part of it.
// Never: a decision or a refusal; what stands in the stream is trusted.
import {
  assertNever,
  isBlocked,
  NOT_CONFIGURED,
  OperationId,
  StreamId,
  ConnectionId,
  type ConnectionState,
  type ConnectionStatus,
  type Instant,
} from '@drover/kernel';
import type { ConnectionFact, ConnectionSettings } from './connection.events.js';

/** A refresh that was asked for, or the number of the last one. */
export type Refresh =
  | { readonly is: 'idle'; readonly op: number }
  | { readonly is: 'open'; readonly op: number; readonly deadline: Instant };

/** What is wrong with a listing: it failed, with the words for it, or it showed nothing where machines were known. */
export type ListingTrouble =
  { readonly is: 'failed'; readonly code: string; readonly detail: string } | { readonly is: 'nothing_found' };

/** A connection that was recorded. */
export type KnownConnection = ConnectionStatus & {
  readonly is: 'known';
  readonly settings: ConnectionSettings;
  readonly revision: number;
  /** The sign-in that was refused last; null when none was. */
  readonly refusal: { readonly revision: number } | null;
  /** What is wrong with the last listing; null when nothing is. Only the next one that is complete ends it. */
  readonly trouble: ListingTrouble | null;
  readonly refresh: Refresh;
};

/** A connection, or none of that name. */
export type MaybeConnection = { readonly is: 'unknown' } | KnownConnection;

/** A connection that nobody recorded. */
export const initialConnection: MaybeConnection = { is: 'unknown' };

/** Where the facts of a connection are kept. */
export const connectionStream = (id: ConnectionId) => StreamId.of('connection', id);

/** The connection that a stream is of. */
export const connectionOf = (stream: StreamId): ConnectionId => ConnectionId.parse(StreamId.key('connection', stream));

/** The id of one of its refreshes. */
export const refreshOperation = (id: ConnectionId, op: number) => OperationId.of('inventory', connectionStream(id), op);

/** How long a refresh may take, in seconds. */
export const REFRESH_SECONDS = 600;

/** The code of a connection that is down because Drover cannot even try. */
export const SECRET_UNUSABLE = 'secret_unusable';
/** Its provider does not know the user, or the password. */
export const SIGN_IN_FAILED = 'sign_in_failed';
/** It does not answer. */
export const UNREACHABLE = 'provider_unreachable';
/** Its provider failed, and the fact says no more. */
const UNEXPLAINED = 'provider_error';
/** The provider shows nothing where machines were known. */
export const NOTHING_FOUND = 'nothing_found';

/** The code of a connection whose last listing has this trouble. */
export const troubleCode = (trouble: ListingTrouble) => (trouble.is === 'failed' ? trouble.code : NOTHING_FOUND);

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

/** A connection that is not up always says why. */
const statusOf = (state: ConnectionState, code: string | null): ConnectionStatus =>
  state === 'up' || state === 'unknown' ? { state, code: null } : { state, code: code ?? UNEXPLAINED };

/** The state after one fact. It trusts history, so it refuses nothing; it throws only for a type that it does not know. */
export const evolve = (connection: MaybeConnection, fact: ConnectionFact): MaybeConnection => {
  if (fact.type === 'ConnectionAdded' || fact.type === 'ConnectionChanged') {
    const { type: _, revision, ...settings } = fact;
    const fresh = { state: 'unknown', code: null, refusal: null, refresh: { is: 'idle', op: 0 } } as const;
    return { is: 'known', ...(connection.is === 'known' ? connection : fresh), settings, revision, trouble: null };
  }
  if (connection.is === 'unknown') return connection;
  switch (fact.type) {
    case 'ConnectionStateChanged':
      return { ...connection, ...statusOf(fact.to, fact.code) };
    case 'ConnectionListingFailed':
      return { ...connection, trouble: { is: 'failed', code: fact.code, detail: fact.detail } };
    case 'ConnectionSignInFailed':
      return { ...connection, refusal: { revision: fact.revision } };
    case 'ConnectionSignInReset':
      return { ...connection, revision: fact.revision, trouble: null };
    case 'ConnectionRefreshRequested':
      return { ...connection, refresh: { is: 'open', op: fact.op, deadline: fact.deadline } };
    case 'ConnectionRefreshed': {
      return { ...ended(connection, fact.op), trouble: fact.complete ? null : { is: 'nothing_found' } };
    }
    case 'ConnectionRefreshFailed':
      return ended(connection, fact.op);
    default:
      return assertNever(fact);
  }
};
