import { expect, it } from '@jest/globals';
import { backOffMs } from './back-off.js';

it('waits twice as long after each try, up to a most, however many there were', () => {
  expect([0, 1, 2, 3].map((tries) => backOffMs(200, 1_000, tries))).toEqual([200, 400, 800, 1_000]);
  expect(backOffMs(200, 1_000, 5_000)).toBe(1_000);
});
