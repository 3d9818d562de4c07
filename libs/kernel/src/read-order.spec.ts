import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compareReads, recordedOrder } from './read-order.js';

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
