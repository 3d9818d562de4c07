import { expect, it } from '@jest/globals';
import { ConnectionId, Instant } from '@drover/kernel';
import { signInDecider as d, type SignInCommand } from './sign-in.decider.js';
import type { SignInFact } from './sign-in.events.js';

const connectionId = ConnectionId.parse('site-a');
const tried = (change: Partial<SignInCommand> = {}): SignInCommand => ({
  ...{ connectionId, revision: 2, resetAt: null },
  ...change,
});
const told = (change?: Partial<SignInCommand>): SignInFact => ({ type: 'ConnectionSignInRefused', ...tried(change) });
const given = (...past: SignInFact[]) => ({
  when: (c: SignInCommand) => d.decide(c, past.reduce(d.evolve, d.initial)),
});
const [early, late] = [Instant.parse('2026-11-20T10:00:00Z'), Instant.parse('2026-11-20T11:00:00Z')];

it('tells a refused sign-in as it was tried', () => expect(given().when(tried())).toEqual([told()]));
it('tells it once, however many were refused', () => {
  expect(given(told()).when(tried())).toEqual([]);
  expect(given(told({ resetAt: early })).when(tried({ resetAt: early }))).toEqual([]);
});
it('tells it again of the next revision, and not of one before', () => {
  expect(given(told()).when(tried({ revision: 3 }))).toEqual([told({ revision: 3 })]);
  expect(given(told()).when(tried({ revision: 1 }))).toEqual([]);
  expect(given(told()).when(tried({ revision: 1, resetAt: late }))).toEqual([]);
});
it('tells it once more after each reset', () => {
  expect(given(told()).when(tried({ resetAt: early }))).toEqual([told({ resetAt: early })]);
  expect(given(told({ resetAt: early })).when(tried({ resetAt: late }))).toEqual([told({ resetAt: late })]);
});
it('remembers the last refusal alone', () =>
  expect([told(), told({ revision: 3, resetAt: early })].reduce(d.evolve, d.initial)).toEqual({
    ...{ is: 'refused', revision: 3, resetAt: early },
  }));
