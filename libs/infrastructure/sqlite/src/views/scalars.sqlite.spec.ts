import { expect, it } from '@jest/globals';
import type { SQLOutputValue } from 'node:sqlite';
import { compareScalars, handed, stored } from './scalars.sqlite.js';

const ordered = [-1.5, 0, 4, 10, '', '4', 'a', 'é', '\uffee', '🐑', false, true, null] as const;

it('gives back every value as it was, and as the kind it was', () => {
  for (const value of ordered) expect(handed(stored(value) as SQLOutputValue)).toBe(value);
});

it('has one order: numbers, texts by their bytes, booleans, nothing', () => {
  expect(ordered.toReversed().sort(compareScalars)).toEqual(ordered);
  for (const value of ordered) expect(compareScalars(value, value)).toBe(0);
});
