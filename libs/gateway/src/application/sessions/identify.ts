import { createHash, timingSafeEqual } from 'node:crypto';
import { rights, type Right } from '@drover/kernel';
import type { SessionStore } from '@drover/ports';
import { noCookie, sessionIdsIn } from '../../domain/cookie.js';

/** The one person of embedded mode. */
export const ADMIN = 'admin';

/** Every role: the administrator of embedded mode holds them all. */
export const ADMIN_ROLES = [
  'viewer',
  'operator',
  'replicator',
  'failover-tester',
  'failover-runner',
  'failover-forcer',
  'approver',
  'auditor',
  'admin',
] as const;

/** Who asks, by what that is known, and what they may do. */
export interface Principal {
  readonly sub: string;
  readonly rights: readonly Right[];
  readonly via: 'cookie' | 'bearer';
  /** The session's public name, of a browser. */
  readonly session?: string;
  /** Takes away the cookie of a session that is over, when something else says who asks. */
  readonly deadCookie?: string;
}

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
export const identifying = ({ sessions, adminToken, secureCookie }: IdentifyPorts) => {
  const expected = hash(adminToken);
  return async (headers: Readonly<Record<string, string | undefined>>): Promise<Principal | null> => {
    const ids = sessionIdsIn(headers['cookie'], secureCookie);
    for (const id of ids) {
      const session = await sessions.find(id);
      if (session) return { sub: session.sub, rights, via: 'cookie', session: session.ref };
    }
    const [, token] = /^Bearer +(\S+) *$/i.exec(headers['authorization'] ?? '') ?? [];
    if (token === undefined || !timingSafeEqual(hash(token), expected)) return null;
    return { sub: ADMIN, rights, via: 'bearer', ...(ids.length > 0 && { deadCookie: noCookie(secureCookie) }) };
  };
};
