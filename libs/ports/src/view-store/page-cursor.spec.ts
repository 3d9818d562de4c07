import { expect, it } from '@jest/globals';
import { Instant } from '@drover/kernel';
import { queryHash, encodePageCursor, decodePageCursor } from './page-cursor.js';

const begun = Instant.parse('2026-11-20T12:00:00Z');
const asOf = Instant.parse('2026-11-20T11:59:59.417Z');
const asked = queryHash([{ power: ['poweredOn'] }, 'name', false]);
const keys = ['420570c7-f61f-a930-77c5-1e876786cb3c', 'power.power-420570c7-f61f-a930-77c5-1e876786cb3c.17'];

it.each(keys)('carries a place there and back (%s), short enough for an address', (key) => {
  const place = { generation: 'k12', revision: 123_456, begun, position: 987_654_321, asOf, asked, key };
  const cursor = encodePageCursor(place);
  expect(decodePageCursor(cursor)).toEqual(place);
  expect(cursor.length).toBeLessThanOrEqual(200);
});

it('finds out whatever was changed, cut or made up', () => {
  const cursor = encodePageCursor({
    generation: 'k1',
    revision: 7,
    begun,
    position: 9,
    asOf,
    asked,
    key: keys[0] ?? '',
  });
  for (let i = 0; i < cursor.length; i++) {
    expect(decodePageCursor(`${cursor.slice(0, i)}${cursor[i] === 'x' ? 'y' : 'x'}${cursor.slice(i + 1)}`)).toBeNull();
    expect(decodePageCursor(cursor.slice(0, i))).toBeNull();
  }
  for (const other of ['1', 'c1.k1.7', `${cursor} `, `${cursor}${cursor}`]) expect(decodePageCursor(other)).toBeNull();
});

it('tells one question from another', () =>
  expect(new Set([asked, ...[false, true].map((down) => queryHash([{}, 'name', down]))]).size).toBe(3));
