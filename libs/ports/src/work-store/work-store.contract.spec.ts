import { turnsRed } from '../laws/testing.js';
import { workStoreLaws } from './work-store.contract.js';
import { memoryWorkStore } from './work-store.memory.js';
import type { WorkStore } from './work-store.js';

const benchOf = (change: (store: WorkStore) => Partial<WorkStore> = () => ({})) => {
  const right = memoryWorkStore();
  const store: WorkStore = { ...right, ...change(right) };
  return { store, reopen: async () => store };
};
const right = () => benchOf();

/** Wrong on purpose: it gives back the rows as they came. */
const unordered = () => benchOf(({ rows }) => ({ rows: async (kind, part) => (await rows(kind, part)).toReversed() }));

/** Wrong on purpose: whatever it is asked for, it gives everything. */
const lavish = () => benchOf(({ rows }) => ({ rows: (kind) => rows(kind) }));

/** Wrong on purpose: the key that it is to begin with it leaves out. */
const behind = () =>
  benchOf(({ rows }) => ({
    rows: async (kind, part = {}) => (await rows(kind, part)).filter(({ key }) => key !== part.from),
  }));

/** Wrong on purpose: it knows no kinds. */
const mixing = () =>
  benchOf(({ rows, write }) => ({
    rows: (_, part) => rows('any', part),
    write: (all) => write(all.map((each) => ({ ...each, kind: 'any' }))),
  }));

/** Wrong on purpose: what was removed is still there. */
const clinging = () => benchOf(({ write }) => ({ write: (all) => write(all.filter(({ row }) => row !== null)) }));

/** Wrong on purpose: it writes one row after the other. */
const piecemeal = () =>
  benchOf(({ write }) => ({
    write: async (all) => {
      for (const each of all) await write([each]);
    },
  }));

/** Wrong on purpose: what it was given is gone with the process. */
const forgetful = () => ({ ...benchOf(), reopen: async () => memoryWorkStore() });

/** Wrong on purpose: whatever was written, its stamp stays. */
const still = () => benchOf(() => ({ stamp: async () => 'one' }));

const order = 'gives back the rows of a kind, in the order of their keys';
const some = 'gives back some of them: from a key on, at most so many';
const last = 'keeps the last of several writes, and removes what is to be null';
const stamp = 'has another stamp once rows were written, and the same until then';

turnsRed(workStoreLaws, right, [
  [unordered, order, some],
  [mixing, order],
  [lavish, some],
  [behind, some],
  [clinging, last],
  [piecemeal, 'writes all or nothing'],
  [forgetful, 'has after a kill what it said it had written', stamp],
  [still, stamp],
]);
