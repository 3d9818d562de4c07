import { expect, it } from '@jest/globals';
import { recentMap } from './recent-map.js';

it('forgets what was set longest ago, and nothing else', () => {
  const map = recentMap<string, number>(2);
  map.set('a', 1);
  map.set('b', 2);
  map.set('a', 3); // the latest now
  map.set('c', 4);
  expect(['a', 'b', 'c'].map((key) => [map.has(key), map.get(key)])).toEqual([
    [true, 3],
    [false, undefined],
    [true, 4],
  ]);
  expect([map.delete('a'), map.has('a')]).toEqual([true, false]);
});
