import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Instant } from '../time/clock.js';
import { compareReads, recordedOrder, verdictIsNewer } from './read-order.js';

const order = fc.record({ run: fc.constantFrom('a', 'b'), n: fc.integer({ min: 1, max: 5 }) });

it('K3: orders two readings of one run by their number, and never two of different runs', () =>
  fc.assert(
    fc.property(order, order, (a, b) => {
      const sign = { earlier: -1, same: 0, later: 1, unordered: NaN }[compareReads(a, b)];
      expect(sign).toBe(a.run === b.run ? Math.sign(a.n - b.n) : NaN);
    }),
  ));

it('reads the order of a fact, and none of a fact that was recorded without', () => {
  expect(recordedOrder({ run: 'a', n: 1 })).toEqual({ run: 'a', n: 1 });
  expect(recordedOrder({})).toBeNull();
});

const noon = Instant.parse('2026-11-20T12:00:00Z');
const at = (seconds: number, run?: string, n?: number) => ({
  ...{ observedAt: Instant.plusSeconds(noon, seconds), sequence: 5 },
  ...(run !== undefined && n !== undefined && { run, n }),
});

it.each([
  ['K3: an observation that names it is newer', at(0, 'a', 9), at(-3600, 'b', 1), 5, false],
  ['an observation that names an older one is not', at(0, 'a', 9), at(60, 'b', 1), 4, true],
  ['K3: in one run the number counts, not the clock', at(-3600, 'a', 9), at(0, 'a', 8), 0, true],
  ['in one run a later observation is newer', at(0, 'a', 9), at(-60, 'a', 10), 0, false],
  ['the same number is the same reading', at(0, 'a', 9), at(0, 'a', 9), 0, false],
  ['what is numbered is newer than what is not', at(-60, 'a', 1), at(0), 0, true],
  ['and so is an observation', at(0), at(-60, 'a', 1), 0, false],
  ['of the first release the later counts', at(1), at(0), 0, true],
  ['and of one moment the observation', at(0), at(0), 0, false],
])('whether a verdict is newer: %s', (_, verdict, observation, after, newer) =>
  expect(verdictIsNewer(verdict, observation, after)).toBe(newer),
);
