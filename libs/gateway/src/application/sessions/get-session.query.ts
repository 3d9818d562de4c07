// Whether the caller is signed in and until when, asked by pages that warn before a session ends. Never: a longer session
// for having asked.
import * as z from 'zod';
import type { SessionState } from '@drover/contracts';
import { defineQuery, Instant } from '@drover/kernel';
import type { SessionStore } from '@drover/ports';

/** What the query reads. */
export interface GetSessionPorts {
  readonly sessions: SessionStore;
}

const WARN_SECONDS = 600;

/** Whether somebody is signed in, and until when. A bearer token has no end that the gateway knows. */
export const getSession = defineQuery({
  name: 'auth.session',
  input: z.strictObject({}),
  needs: () => [],
  async handle(_input, actor, { sessions }: GetSessionPorts): Promise<SessionState> {
    const session = actor.session === undefined ? null : await sessions.get(actor.session);
    if (session) {
      const { expiresAt } = session;
      return { authenticated: true, expiresAt, warnAt: Instant.plusSeconds(expiresAt, -WARN_SECONDS) };
    }
    const authenticated = actor.session === undefined && actor.rights.length > 0;
    return { authenticated, expiresAt: null, warnAt: null };
  },
});
