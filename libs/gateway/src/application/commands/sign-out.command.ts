import * as z from 'zod';
import { defineCommand } from '@drover/kernel';
import type { Audit, SessionStore } from '@drover/ports';
import { noCookie } from '../../domain/cookie.js';
import type { Hub } from '../live/hub.use-cases.js';

/** What the handler may touch. */
export interface SignOutPorts {
  readonly sessions: SessionStore;
  readonly hub: Hub;
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
  async handle(_input, actor, { sessions, hub, audit, secureCookie }: SignOutPorts) {
    const session = actor.session === undefined ? null : await sessions.end(actor.session);
    if (session) {
      hub.endSession(session.ref, 'signed_out');
      await audit.record({ type: 'AuditSignOutRecorded', cause: 'asked' }, actor);
    }
    return { setCookie: noCookie(secureCookie) };
  },
});
