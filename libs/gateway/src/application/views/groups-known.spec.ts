import { expect, it } from '@jest/globals';
import { groupsKnown } from './groups-known.js';
import type { Shown } from './views.js';

const shownAt = (position: number): Shown => ({
  ...{ generation: 'g', runs: [], floor: 0, incarnation: 'g-r1', position, at: null },
});

it('groups are known as long as the views show the same', () => {
  let [shown, changes] = [shownAt(1), '0'];
  const known = () => groupsKnown({ shown: () => shown, parked: { changes: () => changes } });
  known().set('vm/1', ['prod']);
  expect(known().get('vm/1')).toEqual(['prod']);
  changes = '1'; // a parked event was taken: the place is as before
  expect(known().size).toBe(0);
  known().set('vm/1', ['test']);
  shown = shownAt(2);
  expect(known().size).toBe(0);
});
