import * as z from 'zod';
import { defineCommand, type SessionId } from '@drover/kernel';
import { noCookie, type Audit, type SessionStore } from '@drover/ports';

/** What the handler may touch. */
export interface SignOutPorts {
  readonly sessions: SessionStore;
  /** Ends what a session still hears. */
  readonly endStreams: (session: SessionId) => void;
  readonly audit: Audit;
  readonly secureCookie: boolean;
}

/**
 * Ends the session of whoever asks, and its streams with it. Without a session there is nothing to end: that is fine.
 */
export const signOut = defineCommand({
  name: 'auth.logout',
  input: z.strictObject({}),
  needs: () => [],
  async handle(_input, actor, { sessions, endStreams, audit, secureCookie }: SignOutPorts) {
    const session = actor.session === undefined ? null : await sessions.end(actor.session);
    if (session) {
      endStreams(session.ref);
      await audit.record({ type: 'AuditSignOutRecorded', cause: 'asked' }, actor);
    }
    return { setCookie: noCookie(secureCookie) };
  },
});
