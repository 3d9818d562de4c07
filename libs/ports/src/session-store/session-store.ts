// The port to who is signed in: sessions, each found by its secret, and named to others by a reference that opens nothing.
// Never: a secret stored as it is, or a word on why one is not known.
import type { Instant, SessionId, PrincipalId } from '@drover/kernel';

/** A browser that was signed in. The secret is not in it: only the browser knows that one. */
export interface Session {
  /** Names the session in facts and in what others are told. It opens no door. */
  readonly ref: SessionId;
  readonly sub: PrincipalId;
  readonly createdAt: Instant;
  readonly expiresAt: Instant;
}

/** A session that has just begun, with the secret for the cookie: 256 bits, shown this once, kept as a hash. */
export interface NewSession {
  readonly secret: string;
  readonly session: Session;
}

/** How long sessions live. */
export interface SessionTerms {
  readonly minutes: number;
  /** Whatever is done to it, a session ends after this. */
  readonly absoluteHours?: number;
}

/**
 * Who is signed in, and until when. A secret that is not known, one that ended and one that expired are the same: null.
 */
export interface SessionStore {
  /** Every sign-in is a new session with a new secret, whatever the browser had before. */
  create(sub: PrincipalId): Promise<NewSession>;
  find(secret: string): Promise<Session | null>;
  get(ref: SessionId): Promise<Session | null>;
  /** Begins its minutes anew, within the absolute limit. */
  touch(ref: SessionId): Promise<Session | null>;
  /** Answers with the session that it ended; null when there was none to end. */
  end(ref: SessionId): Promise<Session | null>;
  /** Removes what has expired, and answers with it: once for each session. */
  sweep(): Promise<readonly Session[]>;
}
