import { expect, it } from '@jest/globals';
import { isRejection, type Actor } from '@drover/kernel';
import { memorySessionStore, strangersOf, virtualClock, type Audit } from '@drover/ports';
import { NOON } from '../../testing.js';
import { signInByLink } from './sign-in-by-link.command.js';

const anyone: Actor = { sub: 'anonymous', rights: [], requestId: 'r1' };
const open = (audit?: Audit['record']) => {
  const clock = virtualClock(NOON);
  const recorded: string[] = [];
  const sessions = memorySessionStore(clock, { minutes: 120 });
  const codes = new Set(['code']);
  const record: Audit['record'] = async (fact, { sub, session }) =>
    void recorded.push(
      [sub, fact.type, 'outcome' in fact && fact.outcome, session && 'with session'].filter(Boolean).join(' '),
    );
  const strangers = strangersOf({ clock, audit: { recordAll: async () => {} }, report: () => {} });
  const ports = {
    clock,
    strangers,
    sessions,
    audit: { record: audit ?? record },
    redeemLink: async (code: string) => codes.delete(code),
    secureCookie: true,
  };
  return { sessions, recorded, signIn: (code: string) => signInByLink.handle({ code }, anyone, ports) };
};

it('exchanges a link for a session, once', async () => {
  const { signIn, sessions, recorded } = open();
  const answer = await signIn('code');
  if (isRejection(answer)) throw new Error(answer.rejected);
  const [, id = ''] =
    /^__Host-drover_sid=([^;]+); Max-Age=7200; Path=\/; HttpOnly; SameSite=Strict; Secure$/.exec(answer.setCookie) ??
    [];
  expect(await sessions.find(id)).toMatchObject({ sub: 'admin' });
  expect(await signIn('code')).toMatchObject({ rejected: 'sign_in_link_invalid' });
  expect(recorded).toEqual(['admin AuditSignInRecorded accepted with session']);
});

it('K15: records nothing of a link that is none at once, and slows down who tries many', async () => {
  const { signIn, recorded } = open();
  const answers: unknown[] = [];
  for (let n = 0; n < 6; n++) answers.push(await signIn(`wrong-${n}`));
  expect(answers.slice(0, 5)).toEqual(Array(5).fill(expect.objectContaining({ rejected: 'sign_in_link_invalid' })));
  expect(answers[5]).toMatchObject({ rejected: 'rate_limited', retryAfterSeconds: 12 });
  expect(recorded).toEqual([]);
  expect(await signIn('code')).toHaveProperty('setCookie'); // one that is good is let in all the same
});

it('signs nobody in when that cannot be recorded', async () => {
  const { signIn, sessions } = open(async () => {
    throw new Error('disk full');
  });
  const begun: string[] = [];
  const { create } = sessions;
  sessions.create = async (sub) => {
    const fresh = await create(sub);
    begun.push(fresh.secret);
    return fresh;
  };
  await expect(signIn('code')).rejects.toThrow('disk full');
  expect(await sessions.find(begun[0] ?? '')).toBeNull();
});

it('is open to everyone', () => expect(signInByLink.needs({ code: 'x' })).toEqual([]));
