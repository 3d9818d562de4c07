// The laws of a session store: ids that cannot be guessed, an expiry to the millisecond, an absolute limit. Never: hand the
// id of a session out twice; what is shown later is its `ref`.
import { expect } from '@jest/globals';
import { Instant, SessionId } from '@drover/kernel';
import { closing, lawsApart, type Laws } from '../laws/testing.js';
import type { SessionStore } from './session-store.js';

/** What the suite runs on: an empty store of sessions of 120 minutes, 12 hours at most, and a way to let time pass. */
export interface SessionStoreBench {
  readonly sessions: SessionStore;
  pass(ms: number): Promise<void>;
  close?(): Promise<void>;
}

const MINUTE = 60_000;

/** The laws every session store keeps, each with its test. */
export const sessionStoreLaws = {
  'finds a session by its secret, and by nothing else': async ({ sessions }) => {
    const { secret, session } = await sessions.create('ana');
    expect(session).toMatchObject({ sub: 'ana', expiresAt: Instant.plusSeconds(session.createdAt, 7200) });
    expect(await sessions.find(secret)).toEqual(session);
    expect(await sessions.get(session.ref)).toEqual(session);
    for (const other of [session.ref, '', secret.slice(1), `${secret} `]) expect(await sessions.find(other)).toBeNull();
  },

  'gives every session a secret of its own that cannot be guessed, and shows it once': async ({ sessions }) => {
    const begun = await Promise.all(Array.from({ length: 50 }, () => sessions.create('ana')));
    expect(new Set(begun.map(({ secret }) => secret)).size).toBe(50);
    for (const { secret, session } of begun) {
      expect(Buffer.from(secret, 'base64url')).toHaveLength(32);
      expect(JSON.stringify(session)).not.toContain(secret);
    }
  },

  'ends a session once, and only that one': async ({ sessions }) => {
    const [mine, other] = [await sessions.create('ana'), await sessions.create('ana')];
    expect(await sessions.end(mine.session.ref)).toEqual(mine.session);
    expect([await sessions.end(mine.session.ref), await sessions.end(SessionId.parse('nobody'))]).toEqual([null, null]);
    expect([await sessions.find(mine.secret), await sessions.touch(mine.session.ref)]).toEqual([null, null]);
    expect(await sessions.find(other.secret)).toEqual(other.session);
    expect(await sessions.sweep()).toEqual([]);
  },

  'lets a session expire to the millisecond, and tells of it once': async ({ sessions, pass }) => {
    const { secret, session } = await sessions.create('ana');
    await pass(120 * MINUTE - 1);
    expect(await sessions.find(secret)).toEqual(session);
    expect(await sessions.sweep()).toEqual([]);
    await pass(1);
    expect(await sessions.find(secret)).toBeNull();
    for (const ask of ['get', 'touch', 'end'] as const) expect(await sessions[ask](session.ref)).toBeNull();
    expect(await sessions.sweep()).toEqual([session]);
    expect(await sessions.sweep()).toEqual([]);
  },

  'prolongs a session that is used, but never past the absolute limit': async ({ sessions, pass }) => {
    const { secret, session } = await sessions.create('ana');
    for (let i = 0; i < 11; i++) {
      await pass(60 * MINUTE);
      expect(await sessions.touch(session.ref)).not.toBeNull();
    }
    expect(await sessions.find(secret)).toMatchObject({ expiresAt: Instant.plusSeconds(session.createdAt, 12 * 3600) });
    await pass(60 * MINUTE);
    expect(await sessions.touch(session.ref)).toBeNull();
  },
} satisfies Laws<SessionStoreBench>;

/** Runs the laws. An adapter's own spec is one call to this function. */
export const sessionStoreContract = (name: string, open: () => Promise<SessionStoreBench>) =>
  lawsApart(`${name} keeps the laws of the session store`, sessionStoreLaws, open, closing);
