import { expect, it } from '@jest/globals';
import { noCookie, sessionCookie, sessionSecretsIn } from './session-cookie.js';

it('is out of reach of scripts and of other sites; over HTTPS it is bound to this host', () => {
  expect(sessionCookie('abc', 7200.9, false)).toBe('drover_sid=abc; Max-Age=7200; Path=/; HttpOnly; SameSite=Strict');
  expect(sessionCookie('abc', 60, true)).toBe(
    '__Host-drover_sid=abc; Max-Age=60; Path=/; HttpOnly; SameSite=Strict; Secure',
  );
  expect(noCookie(false)).toBe('drover_sid=; Max-Age=0; Path=/; HttpOnly; SameSite=Strict');
});

it('reads its own and no other', () => {
  expect(sessionSecretsIn('a=1; drover_sid=abc=; b=2', false)).toEqual(['abc=']);
  for (const none of [undefined, '', 'xdrover_sid=abc', 'drover_sid=', '__Host-drover_sid=abc'])
    expect(sessionSecretsIn(none, false)).toEqual([]);
  expect(sessionSecretsIn('drover_sid=abc', true)).toEqual([]);
  expect(
    sessionSecretsIn('drover_sid=; drover_sid=a;drover_sid=b; drover_sid=c; drover_sid=d; drover_sid=e', false),
  ).toEqual(['a', 'b', 'c', 'd']);
});
