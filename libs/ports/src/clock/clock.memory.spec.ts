import { expect, it } from '@jest/globals';
import { clockContract } from './clock.contract.js';
import { virtualClock } from './clock.memory.js';
import { sleep } from './clock.js';

clockContract('memory', () => {
  const clock = virtualClock();
  return { clock, pass: () => clock.advance(20), jump: clock.jump };
});

it('lets what falls due start more, each at its own moment', async () => {
  const clock = virtualClock();
  const seen: number[] = [];
  void (async () => {
    for (let i = 0; i < 3; i++) {
      await sleep(clock, 10);
      seen.push(clock.monotonic());
    }
  })();
  await clock.advance(25);
  expect(seen).toEqual([10, 20]);
});
