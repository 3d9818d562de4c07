import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { same } from './same.js';

it.each([
  [{ a: 1, b: [2, { c: null }] }, { b: [2, { c: null }], a: 1 }, true],
  [{ a: 1 }, { a: 1, b: 2 }, false],
  [{ a: null }, { b: null }, false],
  [[1, 2], [2, 1], false],
  [[], {}, false],
  [null, {}, false],
  ['1', 1, false],
])('%j and %j: %s', (a, b, equal) => expect([same(a, b), same(b, a)]).toEqual([equal, equal]));

it('what was stored and read back is the same', () =>
  fc.assert(
    fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
      const json = JSON.parse(JSON.stringify(value)) as Parameters<typeof same>[0];
      expect(same(json, JSON.parse(JSON.stringify(json)) as typeof json)).toBe(true);
    }),
  ));
