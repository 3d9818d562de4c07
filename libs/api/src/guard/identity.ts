// What is known of whoever asks, and how. Never: a secret; there is only what it stood for.
import type { Actor } from '@drover/kernel';

/** Who a request comes from, and by what that is known. A cookie brings the checks against forged requests with it. */
export interface Requester extends Pick<Actor, 'sub' | 'rights' | 'limits' | 'session'> {
  /** A browser by its session, a program by its bearer token, a machine or another service by a token of its own. */
  readonly via: 'cookie' | 'bearer' | 'token';
  /** The Set-Cookie line that takes away a cookie which came along and names no session any more. */
  readonly deadCookie?: string;
}

/** Says who sent these headers: a valid session cookie decides, else a valid bearer token; null for neither. */
export type Identify = (headers: Readonly<Record<string, string | undefined>>) => Promise<Requester | null>;
