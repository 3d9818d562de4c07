import { expect, it } from '@jest/globals';
import { cursorOf, resumptionOf } from './cursor.js';

const journal = { generation: 'k7', head: 48_213, floor: 100 };

it('goes on from every place that can still be resumed, and from no other', () => {
  for (const position of [100, 101, 48_213]) {
    expect(resumptionOf(cursorOf('k7', position), journal)).toEqual({ is: 'at', position });
  }
  expect(resumptionOf('c1.k7.99', journal)).toEqual({ is: 'too_old' });
  expect(resumptionOf('c1.k6.200', journal)).toEqual({ is: 'foreign' });
  expect(resumptionOf('c1.k7.48214', journal)).toEqual({ is: 'ahead' });
  expect(resumptionOf('c1.k1.0', { generation: 'k1', head: 0, floor: 0 })).toEqual({ is: 'at', position: 0 });
});

/** Thirty cursors that are none (T-SSE-4): other counters, other formats, cut, padded, injected, far too long. */
const foreign = [
  ['', '1', '0', '-1', '48190', 'null', 'undefined', 'NaN', 'c1', 'c1.', 'c1.k7', 'c1.k7.'],
  ['c1.k7.-1', 'c1.k7.1e3', 'c1.k7.0x10', 'c1.k7.1.5', 'c1.k7.007', 'c1..200', 'c2.k7.200', 'C1.k7.200', ' c1.k7.200'],
  ['c1.k7.200 ', 'c1.k7.200\n', 'c1.k7.200\0', 'c1.k7.200\r\nid: c1.k7.9', "c1.k7.200' OR 1=1", 'c1.k7.٢٠٠'],
  [`c1.${'k'.repeat(41)}.200`, `c1.k7.${'9'.repeat(16)}`, 'c1.k7.200'.repeat(1200), '../../etc/passwd', '{"c1":1}'],
].flat();

it('T-SSE-4: takes nothing for a place that is none', () => {
  expect(foreign.length).toBeGreaterThanOrEqual(30);
  for (const cursor of foreign) expect([cursor, resumptionOf(cursor, journal)]).toEqual([cursor, { is: 'unreadable' }]);
});
