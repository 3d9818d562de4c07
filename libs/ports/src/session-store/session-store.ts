import type { Instant } from '@drover/kernel';

/** A browser that was signed in. The secret id is not in it: only the browser knows that one. */
export interface Session {
  /** Names the session in facts and in what others are told. It opens no door. */
  readonly ref: string;
  readonly sub: string;
  readonly createdAt: Instant;
  readonly expiresAt: Instant;
}

/** A session that has just begun, with the id for the cookie: 256 bits, shown this once, kept as a hash. */
export interface Begun {
  readonly id: string;
  readonly session: Session;
}

/** How long sessions live. */
export interface SessionTerms {
  readonly minutes: number;
  /** Whatever is done to it, a session ends after this. */
  readonly absoluteHours?: number;
}

/**
 * Who is signed in, and until when. An id that is not known, one that ended and one that expired are the same: null.
 */
export interface SessionStore {
  /** Every sign-in is a new session with a new id, whatever the browser had before. */
  create(sub: string): Promise<Begun>;
  find(id: string): Promise<Session | null>;
  get(ref: string): Promise<Session | null>;
  /** Begins its minutes anew, within the absolute limit. */
  touch(ref: string): Promise<Session | null>;
  /** Answers with the session that it ended; null when there was none to end. */
  end(ref: string): Promise<Session | null>;
  /** Removes what has expired, and answers with it: once for each session. */
  sweep(): Promise<readonly Session[]>;
}
