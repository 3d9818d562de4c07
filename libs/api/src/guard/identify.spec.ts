import { expect, it } from '@jest/globals';
import { rights } from '@drover/kernel';
import { memorySessionStore, noCookie, virtualClock } from '@drover/ports';
import { identifying } from './identify.js';

const TOKEN = 'the-token-of-this-spec';
const clock = virtualClock();
const sessions = memorySessionStore(clock, { minutes: 120 });
const identify = identifying({ sessions, adminToken: TOKEN, secureCookie: false });
const bearer = { authorization: `Bearer ${TOKEN}` };

it('knows a browser by its session, and a program by the token; both may everything', async () => {
  const { secret: id, session } = await sessions.create('admin');
  expect(await identify({ cookie: `drover_sid=${id}` })).toEqual({
    sub: 'admin',
    rights,
    via: 'cookie',
    session: session.ref,
  });
  expect(await identify(bearer)).toEqual({ sub: 'admin', rights, via: 'bearer' });
  expect(await identify({ authorization: `bearer ${TOKEN}` })).toMatchObject({ via: 'bearer' });
});

it('T49: lets a valid cookie decide, and the bearer only when there is none', async () => {
  const { secret: id } = await sessions.create('admin');
  expect(await identify({ cookie: `drover_sid=${id}`, ...bearer })).toMatchObject({ via: 'cookie' });
  expect(await identify({ cookie: 'drover_sid=dead', ...bearer })).toMatchObject({ via: 'bearer' });
});

it('takes of several cookies of its name the first that is a session, and tries four', async () => {
  const { secret: id } = await sessions.create('admin');
  const sent = (dead: number) => ({ cookie: `${'drover_sid=dead; '.repeat(dead)}drover_sid=${id}` });
  for (const dead of [0, 1, 3]) expect(await identify(sent(dead))).toMatchObject({ via: 'cookie' });
  expect(await identify(sent(4))).toBeNull();
});

it('T49: takes away the cookie that is dead, and no other', async () => {
  const { secret: id, session } = await sessions.create('admin');
  expect(await identify({ cookie: `drover_sid=${id}`, ...bearer })).not.toHaveProperty('deadCookie');
  expect(await identify({ cookie: 'drover_side=other', ...bearer })).not.toHaveProperty('deadCookie');
  await sessions.end(session.ref);
  const answer = await identify({ cookie: `drover_sid=${id}`, ...bearer });
  expect(answer).toEqual({ sub: 'admin', rights, via: 'bearer', deadCookie: noCookie(false) });

  const secure = identifying({ sessions, adminToken: TOKEN, secureCookie: true });
  expect(await secure({ cookie: '__Host-drover_sid=dead', ...bearer })).toMatchObject({ deadCookie: noCookie(true) });
  expect(await secure({ cookie: 'drover_sid=dead', ...bearer })).not.toHaveProperty('deadCookie');
});

it('T55: knows nobody by a session that expired', async () => {
  const { secret: id } = await sessions.create('admin');
  await clock.advance(120 * 60_000);
  expect(await identify({ cookie: `drover_sid=${id}` })).toBeNull();
});

it.each([
  {},
  { authorization: '' },
  { authorization: 'Bearer ' },
  { authorization: `Bearer ${TOKEN}x` },
  { authorization: `Bearer ${TOKEN.slice(1)}` },
  { authorization: `Basic ${TOKEN}` },
  { authorization: TOKEN },
  { cookie: `drover_sid=${TOKEN}` },
])('knows nobody by %j', async (headers) => expect(await identify(headers)).toBeNull());
