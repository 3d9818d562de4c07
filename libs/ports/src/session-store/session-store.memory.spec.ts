import { expect, it } from '@jest/globals';
import { Instant } from '@drover/kernel';
import { virtualClock } from '../clock/clock.memory.js';
import { sessionStoreContract } from './session-store.contract.js';
import { memorySessionStore } from './session-store.memory.js';

sessionStoreContract('memory', async () => {
  const clock = virtualClock();
  return { sessions: memorySessionStore(clock, { minutes: 120 }), pass: clock.advance };
});

it.each([1, -1, 24, -24])('T-CLK-1: a clock that is set by %d hours ends no session, and keeps none', async (hours) => {
  const clock = virtualClock();
  const sessions = memorySessionStore(clock, { minutes: 120 });
  const { secret, session } = await sessions.create('ana');
  await clock.advance(60 * 60_000);
  clock.jump(hours * 3_600_000);
  const found = await sessions.find(secret);
  expect(Instant.msBetween(clock.now(), found?.expiresAt ?? clock.now())).toBe(60 * 60_000);
  expect(await sessions.sweep()).toEqual([]);
  await clock.advance(60 * 60_000);
  expect([await sessions.find(secret), (await sessions.sweep()).map(({ ref }) => ref)]).toEqual([null, [session.ref]]);
});
