// What is stored of refused sign-ins, in a stream for each connection. Never: a user, a secret, or the words of the
// provider, which may quote one.
import { StreamId, type ConnectionId, type Instant } from '@drover/kernel';

/** A provider refused who we say we are. `resetAt`: the last reset that was known then; it stays unpublished. */
export type SignInFact = {
  type: 'ConnectionSignInRefused';
  connectionId: ConnectionId;
  revision: number;
  resetAt: Instant | null;
};

/** Where power keeps what it knows of a connection's sign-ins. */
export const signInStream = (id: ConnectionId) => StreamId.of('connection', id);
