// The sessions of one process, on the monotonic clock. Never: a secret that is kept; a session is found by the hash of it.
import { createHash, randomBytes } from 'node:crypto';
import { Instant, SessionId } from '@drover/kernel';
import type { Clock } from '../clock/clock.js';
import type { Session, SessionStore, SessionTerms } from './session-store.js';

/** The id of the session that a secret opens. */
const idOf = (secret: string) => SessionId.parse(createHash('sha256').update(secret).digest('base64url'));

/** A session and, on the monotonic clock, when it ends, and when it ends whatever is done to it. */
type Kept = Omit<Session, 'expiresAt'> & { readonly endsAt: number; readonly lastAt: number };

/** The sessions of one process, embedded mode's own. They end with it, so a clock that is set ends none and keeps none. */
export const memorySessionStore = (clock: Clock, { minutes, absoluteHours = 12 }: SessionTerms): SessionStore => {
  const sessions = new Map<SessionId, Kept>();
  const alive = ({ endsAt }: Kept) => clock.monotonic() < endsAt;
  /** As clients see it: it ends so long from now, whatever the clock shows. */
  const shown = ({ ref, sub, createdAt, endsAt }: Kept): Session => ({
    ...{ ref, sub, createdAt },
    expiresAt: Instant.plusSeconds(clock.now(), (endsAt - clock.monotonic()) / 1000),
  });
  const known = (ref: SessionId) => {
    const kept = sessions.get(ref);
    return kept && alive(kept) ? kept : null;
  };
  const get = (ref: SessionId) => {
    const kept = known(ref);
    return kept && shown(kept);
  };
  const keep = (session: Omit<Kept, 'endsAt'>) => {
    const endsAt = Math.min(clock.monotonic() + minutes * 60_000, session.lastAt);
    sessions.set(session.ref, { ...session, endsAt });
    return shown({ ...session, endsAt });
  };
  return {
    create: async (sub) => {
      const secret = randomBytes(32).toString('base64url');
      const lastAt = clock.monotonic() + absoluteHours * 3_600_000;
      return { secret, session: keep({ ref: idOf(secret), sub, createdAt: clock.now(), lastAt }) };
    },
    find: async (secret) => get(idOf(secret)),
    get: async (ref) => get(ref),
    touch: async (ref) => {
      const session = known(ref);
      return session && keep(session);
    },
    end: async (ref) => {
      const session = get(ref);
      if (session) sessions.delete(ref);
      return session;
    },
    sweep: async () => {
      const expired = [...sessions.values()].filter((session) => !alive(session));
      for (const { ref } of expired) sessions.delete(ref);
      return expired.map(shown);
    },
  };
};
