import { createHash, randomBytes } from 'node:crypto';
import { Instant } from '@drover/kernel';
import type { Clock } from '../clock/clock.js';
import type { Session, SessionStore, SessionTerms } from './session-store.js';

const hash = (id: string) => createHash('sha256').update(id).digest('base64url');

/** The sessions of one process, embedded mode's own. They end with it. */
export const memorySessionStore = (clock: Clock, { minutes, absoluteHours = 12 }: SessionTerms): SessionStore => {
  const sessions = new Map<string, Session>();
  const alive = ({ expiresAt }: Session) => clock.now() < expiresAt;
  const get = (ref: string) => {
    const session = sessions.get(ref);
    return session && alive(session) ? session : null;
  };
  const until = (createdAt: Instant) => {
    const [soon, last] = [
      Instant.plusSeconds(clock.now(), minutes * 60),
      Instant.plusSeconds(createdAt, absoluteHours * 3600),
    ];
    return soon < last ? soon : last;
  };
  const keep = (session: Session) => {
    sessions.set(session.ref, session);
    return session;
  };
  return {
    create: async (sub) => {
      const id = randomBytes(32).toString('base64url');
      const createdAt = clock.now();
      return { id, session: keep({ ref: hash(id), sub, createdAt, expiresAt: until(createdAt) }) };
    },
    find: async (id) => get(hash(id)),
    get: async (ref) => get(ref),
    touch: async (ref) => {
      const session = get(ref);
      return session && keep({ ...session, expiresAt: until(session.createdAt) });
    },
    end: async (ref) => {
      const session = get(ref);
      if (session) sessions.delete(ref);
      return session;
    },
    sweep: async () => {
      const expired = [...sessions.values()].filter((session) => !alive(session));
      for (const { ref } of expired) sessions.delete(ref);
      return expired;
    },
  };
};
