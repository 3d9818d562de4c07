import { expect, it } from '@jest/globals';
import { PROVIDER_KINDS } from './provider-kinds.js';

it('registers each kind once, and none that the simulated sites have', () => {
  const kinds = ['simulator', ...PROVIDER_KINDS.map(({ kind }) => kind)];
  expect(kinds.filter((kind, i) => kinds.indexOf(kind) !== i)).toEqual([]);
});
