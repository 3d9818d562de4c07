import { createHash, timingSafeEqual } from 'node:crypto';
import { LOCAL_ADMIN, rights } from '@drover/kernel';
import { noCookie, sessionIdsIn, type SessionStore } from '@drover/ports';
import type { Identify } from './identity.js';

/** What tells who asks. */
export interface IdentifyPorts {
  readonly sessions: SessionStore;
  readonly adminToken: string;
  readonly secureCookie: boolean;
}

const hash = (text: string) => createHash('sha256').update(text).digest();

/**
 * Says who sent these headers: a valid session cookie decides, else a valid bearer token; the two are never mixed.
 * A cookie beside that token is dead, and is to be taken away.
 * Hashes are compared, in constant time: how long it takes says nothing of the token.
 */
export const identifying = ({ sessions, adminToken, secureCookie }: IdentifyPorts): Identify => {
  const expected = hash(adminToken);
  return async (headers) => {
    const ids = sessionIdsIn(headers['cookie'], secureCookie);
    for (const id of ids) {
      const session = await sessions.find(id);
      if (session) return { sub: session.sub, rights, via: 'cookie', session: session.ref };
    }
    const [, token] = /^Bearer +(\S+) *$/i.exec(headers['authorization'] ?? '') ?? [];
    if (token === undefined || !timingSafeEqual(hash(token), expected)) return null;
    return { sub: LOCAL_ADMIN, rights, via: 'bearer', ...(ids.length > 0 && { deadCookie: noCookie(secureCookie) }) };
  };
};
