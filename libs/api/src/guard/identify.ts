// Who sent a request, by the cookie of a session or by the token of the administrator. Never: the rights of both together.
import { isSecret, LOCAL_ADMIN, rights } from '@drover/kernel';
import { noCookie, sessionSecretsIn, type SessionStore } from '@drover/ports';
import type { Identify } from './identity.js';

/** What tells who asks. */
export interface IdentifyPorts {
  readonly sessions: SessionStore;
  readonly adminToken: string;
  readonly secureCookie: boolean;
}

/**
 * Says who sent these headers: a valid session cookie decides, else a valid bearer token; the two are never mixed.
 * A cookie beside that token is dead, and is to be taken away.
 */
export const identifying = ({ sessions, adminToken, secureCookie }: IdentifyPorts): Identify => {
  const isAdmins = isSecret(adminToken);
  return async (headers) => {
    const secrets = sessionSecretsIn(headers['cookie'], secureCookie);
    for (const secret of secrets) {
      const session = await sessions.find(secret);
      if (session) return { sub: session.sub, rights, via: 'cookie', session: session.ref };
    }
    const [, token] = /^Bearer +(\S+) *$/i.exec(headers['authorization'] ?? '') ?? [];
    if (token === undefined || !isAdmins(token)) return null;
    return {
      sub: LOCAL_ADMIN,
      rights,
      via: 'bearer',
      ...(secrets.length > 0 && { deadCookie: noCookie(secureCookie) }),
    };
  };
};
