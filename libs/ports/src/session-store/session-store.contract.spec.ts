import { SessionId } from '@drover/kernel';
import { virtualClock } from '../clock/clock.memory.js';
import { turnsRed } from '../laws/testing.js';
import { sessionStoreLaws } from './session-store.contract.js';
import { memorySessionStore } from './session-store.memory.js';
import type { NewSession, Session, SessionStore } from './session-store.js';

const benchOf = (change: (sessions: SessionStore) => Partial<SessionStore> = () => ({}), absoluteHours = 12) => {
  const clock = virtualClock();
  const memory = memorySessionStore(clock, { minutes: 120, absoluteHours });
  return { sessions: { ...memory, ...change(memory) }, pass: clock.advance };
};

/** A store that still has the sessions that expired, and does with them what it should not. */
const haunted = (change: (sessions: SessionStore, ghosts: ReadonlySet<NewSession>) => Partial<SessionStore>) => {
  const ghosts = new Set<NewSession>();
  return benchOf((sessions) => ({
    create: async (sub) => {
      const begun = await sessions.create(sub);
      ghosts.add(begun);
      return begun;
    },
    end: async (ref) => {
      for (const ghost of ghosts) if (ghost.session.ref === ref) ghosts.delete(ghost);
      return sessions.end(ref);
    },
    ...change(sessions, ghosts),
  }));
};

/** Wrong on purpose: a session lives until somebody sweeps. */
const forgetful = () =>
  haunted(({ find }, ghosts) => ({
    find: async (id) => (await find(id)) ?? [...ghosts].find((ghost) => ghost.secret === id)?.session ?? null,
  }));

/** Wrong on purpose: whoever comes back late lives on. */
const reviving = () =>
  haunted(({ touch }, ghosts) => ({
    touch: async (ref) => {
      const touched = await touch(ref);
      const { session } = [...ghosts].find((ghost) => ghost.session.ref === ref) ?? {};
      return touched ?? session ?? null;
    },
  }));

/** Wrong on purpose: who goes on clicking is never signed out. */
const endless = () => benchOf(() => ({}), 1_000);

/** Wrong on purpose: a use does not count. */
const strict = () => benchOf(({ get }) => ({ touch: get }));

/** Wrong on purpose: what names a session in the facts opens the door, too. */
const open = () => benchOf(({ find, get }) => ({ find: async (id) => (await find(id)) ?? get(SessionId.parse(id)) }));

/** Wrong on purpose: one session is enough for each person. */
const thrifty = () => {
  const begun = new Map<string, Promise<NewSession>>();
  return benchOf(({ create }) => ({ create: (sub) => begun.get(sub) ?? begun.set(sub, create(sub)).get(sub)! }));
};

/** Wrong on purpose: it signs a person out everywhere. */
const thorough = () => {
  const refs: SessionId[] = [];
  return benchOf(({ create, end }) => ({
    create: async (sub) => {
      const begun = await create(sub);
      refs.push(begun.session.ref);
      return begun;
    },
    end: async (ref) => {
      const [mine] = await Promise.all([end(ref), ...refs.map(end)]);
      return mine;
    },
  }));
};

/** Wrong on purpose: it tells each time of everything that ever expired. */
const repeating = () => {
  const told: Session[] = [];
  return benchOf(({ sweep }) => ({ sweep: async () => [...told, ...(await sweep())].map((s) => (told.push(s), s)) }));
};

const own = 'gives every session a secret of its own that cannot be guessed, and shows it once';
const ends = 'ends a session once, and only that one';
const expires = 'lets a session expire to the millisecond, and tells of it once';
const prolongs = 'prolongs a session that is used, but never past the absolute limit';

turnsRed(sessionStoreLaws, benchOf, [
  [forgetful, expires],
  [reviving, expires, prolongs],
  [endless, prolongs],
  [strict, prolongs],
  [open, 'finds a session by its secret, and by nothing else'],
  [thrifty, own, ends],
  [thorough, ends],
  [repeating, expires],
]);
