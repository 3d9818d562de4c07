import { expect, it } from '@jest/globals';
import { cursorOf, incarnationOf, resumptionOf } from './cursor.js';

const runs = [
  { name: 'r1', since: 0 },
  { name: 'r2', since: 300 },
];
const journal = { generation: 'k7', runs, head: 48_213, floor: 100 };

it('goes on from every place that can still be resumed, and from no other', () => {
  for (const position of [100, 101, 48_213]) {
    expect(resumptionOf(cursorOf(incarnationOf(journal), position), journal)).toEqual({ is: 'at', position });
  }
  expect(resumptionOf('c1.k7-r2.99', journal)).toEqual({ is: 'too_old' });
  expect(resumptionOf('c1.k6-r2.200', journal)).toEqual({ is: 'foreign' });
  expect(resumptionOf('c1.k7-r2.48214', journal)).toEqual({ is: 'ahead' });
  const fresh = { generation: 'k1', runs: runs.slice(0, 1), head: 0, floor: 0 };
  expect(resumptionOf('c1.k1-r1.0', fresh)).toEqual({ is: 'at', position: 0 });
});

it('knows the places of an earlier opening up to where the next one began: more was of a journal that was lost', () => {
  for (const position of [100, 300])
    expect(resumptionOf(`c1.k7-r1.${position}`, journal)).toEqual({ is: 'at', position });
  expect(resumptionOf('c1.k7-r0.99', journal)).toEqual({ is: 'too_old' }); // its name was forgotten with its places
  for (const foreign of ['c1.k7-r1.301', 'c1.k7-r3.200', 'c1.k7.200'])
    expect(resumptionOf(foreign, journal)).toEqual({ is: 'foreign' });
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
