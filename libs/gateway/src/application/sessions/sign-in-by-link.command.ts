import * as z from 'zod';
import { defineCommand, Instant, LOCAL_ADMIN, reject, type Actor } from '@drover/kernel';
import { sessionCookie, type Audit, type Clock, type SessionStore, type Strangers } from '@drover/ports';

/** What the handler may touch. */
export interface SignInByLinkPorts {
  /** Takes a code once; whoever comes second is refused. */
  readonly redeemLink: (code: string) => Promise<boolean>;
  readonly sessions: SessionStore;
  readonly audit: Audit;
  /** Counts invalid links. */
  readonly strangers: Pick<Strangers, 'denied' | 'guessed'>;
  readonly clock: Clock;
  readonly secureCookie: boolean;
}

/**
 * Exchanges a single-use link for a session. The id is new whatever the browser brought, so nobody signs in to a
 * session that another has prepared. A sign-in that cannot be recorded is undone; an invalid link is counted.
 */
export const signInByLink = defineCommand({
  name: 'auth.link',
  input: z.strictObject({ code: z.string().max(200) }),
  needs: () => [],
  async handle({ code }, actor, { redeemLink, sessions, audit, strangers, clock, secureCookie }: SignInByLinkPorts) {
    if (!(await redeemLink(code))) {
      const retryAfterSeconds = strangers.guessed(actor.ip);
      const code = retryAfterSeconds > 0 ? 'rate_limited' : 'sign_in_link_invalid';
      strangers.denied({ route: '/api/auth/link/{code}', code }, actor.ip);
      const because =
        code === 'rate_limited'
          ? 'Too many invalid links came from your address. Nobody was signed in.'
          : 'The link was used already, has expired, or was never valid. Nobody was signed in.';
      return reject(code, because, retryAfterSeconds > 0 ? { retryAfterSeconds } : {});
    }
    const { secret, session } = await sessions.create(LOCAL_ADMIN);
    const who: Actor = { ...actor, sub: session.sub, session: session.ref };
    try {
      await audit.record({ type: 'AuditSignInRecorded', via: 'link', outcome: 'accepted' }, who);
    } catch (error) {
      await sessions.end(session.ref);
      throw error;
    }
    const seconds = Instant.msBetween(clock.now(), session.expiresAt) / 1000;
    return { setCookie: sessionCookie(secret, seconds, secureCookie), session };
  },
});
