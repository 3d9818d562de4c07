import { expect, it } from '@jest/globals';
import type { Actor } from '@drover/kernel';
import { memorySessionStore, virtualClock } from '@drover/ports';
import { NOON } from '../../testing.js';
import { signOut } from './sign-out.command.js';

const open = async () => {
  const clock = virtualClock(NOON);
  const recorded: string[] = [];
  const ended: string[] = [];
  const sessions = memorySessionStore(clock, { minutes: 120 });
  const endStreams = (session: string) => void ended.push(session);
  const audit = { record: async (fact: { type: string }, { sub }: Actor) => void recorded.push(`${sub} ${fact.type}`) };
  const { secret: id, session } = await sessions.create('admin');
  const actor: Actor = { sub: 'admin', rights: [], requestId: 'r1', session: session.ref };
  return {
    sessions,
    recorded,
    ended,
    id,
    actor,
    leave: (who: Actor) => signOut.handle({}, who, { sessions, endStreams, audit, secureCookie: false }),
  };
};

it('ends the session and its streams, and takes the cookie away', async () => {
  const { sessions, id, actor, leave, recorded, ended } = await open();
  expect(await leave(actor)).toEqual({ setCookie: 'drover_sid=; Max-Age=0; Path=/; HttpOnly; SameSite=Strict' });
  expect([await sessions.find(id), recorded, ended]).toEqual([null, ['admin AuditSignOutRecorded'], [actor.session]]);
});

it('twice is once', async () => {
  const { actor, leave, recorded } = await open();
  await leave(actor);
  expect(await leave(actor)).toMatchObject({ setCookie: expect.any(String) });
  expect(recorded).toHaveLength(1);
});

it('has nothing to end for who came without a session, and takes no right', async () => {
  const { leave, recorded, ended } = await open();
  await leave({ sub: 'admin', rights: [], requestId: 'r1' });
  expect([recorded, ended, signOut.needs({})]).toEqual([[], [], []]);
});
