// Compares what comes in with what is known, so that nothing is recorded twice. Never: by their texts; the members of one
// value may stand in another order.
import type { Json } from '@drover/kernel';

/** Whether two values are the same when written down, in whatever order their members stand. */
export const same = (a: Json, b: Json): boolean => {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  const [left, right] = [Object.entries(a), Object.entries(b)];
  if (Array.isArray(a) !== Array.isArray(b) || left.length !== right.length) return false;
  const other = new Map<string, Json>(right);
  return left.every(([member, value]: [string, Json]) => {
    const there = other.get(member);
    return there !== undefined && same(value, there);
  });
};
