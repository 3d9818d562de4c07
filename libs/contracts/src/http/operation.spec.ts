import { expect, it } from '@jest/globals';
import { hasEnded, OperationState } from './operation.js';

it('an operation has ended when nothing more happens by itself, an outcome that nobody could read included', () => {
  const states = OperationState.options.map((state) => ({ state }));
  expect(states.filter((each) => !hasEnded(each)).map(({ state }) => state)).toEqual(['queued', 'running', 'waiting']);
  expect(hasEnded({ state: 'unknown' })).toBe(true);
});
