// The laws of a store of working rows: rows come in the order of their keys, writes are whole, and what was written is there
// after a kill. Never: a law on what a row means; a store does not know.
import { expect } from '@jest/globals';
import type { Json } from '@drover/kernel';
import { closing, lawsApart, type Laws } from '../laws/testing.js';
import type { WorkStore } from './work-store.js';

/** What the suite runs on: an empty store, and the same one as another process finds it after this one was killed. */
export interface WorkStoreBench {
  readonly store: WorkStore;
  reopen(): Promise<WorkStore>;
  close?(): Promise<void>;
}

const row = (kind: string, key: string, value: Json) => ({ kind, key, row: value });

/** The laws every work store keeps, each with its test. */
export const workStoreLaws = {
  'gives back the rows of a kind, in the order of their keys': async ({ store }) => {
    await store.write([row('a', '2', { n: 2 }), row('b', '1', null), row('a', '10', [1]), row('b', '3', 'x')]);
    expect(await store.rows('a')).toEqual([
      { key: '10', row: [1] },
      { key: '2', row: { n: 2 } },
    ]);
    expect([await store.rows('b'), await store.rows('c')]).toEqual([[{ key: '3', row: 'x' }], []]);
  },

  'gives back some of them: from a key on, at most so many': async ({ store }) => {
    await store.write([1, 2, 3, 4].map((n) => row('a', `${n}`, n)));
    await store.write([row('b', '3', 'x')]);
    const some = async (...part: readonly [object]) => (await store.rows('a', ...part)).map(({ key }) => key);
    expect([await some({ from: '2', limit: 2 }), await some({ from: '35' })]).toEqual([['2', '3'], ['4']]);
    expect([await some({ limit: 1 }), await some({ from: '5', limit: 9 })]).toEqual([['1'], []]);
  },

  'keeps the last of several writes, and removes what is to be null': async ({ store }) => {
    await store.write([row('a', '1', 1), row('a', '2', 2)]);
    await store.write([row('a', '1', 3), row('a', '2', null), row('a', '9', null)]);
    expect(await store.rows('a')).toEqual([{ key: '1', row: 3 }]);
    await store.write([]);
    expect(await store.rows('a')).toHaveLength(1);
  },

  'writes all or nothing': async ({ store }) => {
    const unwritable = { n: 1n } as unknown as Json;
    await expect(store.write([row('a', '1', 1), row('a', '2', unwritable)])).rejects.toThrow();
    expect(await store.rows('a')).toEqual([]);
  },

  'has another stamp once rows were written, and the same until then': async ({ store, reopen }) => {
    const empty = await store.stamp();
    await store.rows('a');
    await store.write([]);
    expect(await store.stamp()).toBe(empty);
    await store.write([row('a', '1', 1)]);
    const one = await store.stamp();
    const again = await reopen();
    expect(await again.stamp()).toBe(one);
    await again.write([row('a', '1', null)]);
    await again.write([row('a', '1', 1)]);
    expect(new Set([empty, one, await again.stamp()]).size).toBe(3);
  },

  'has after a kill what it said it had written': async ({ store, reopen }) => {
    await store.write([row('a', '1', { text: 'ä\u0000' })]);
    const again = await reopen();
    expect(await again.rows('a')).toEqual([{ key: '1', row: { text: 'ä\u0000' } }]);
  },
} satisfies Laws<WorkStoreBench>;

/** Runs the laws. An adapter's own spec is one call to this function. */
export const workStoreContract = (name: string, open: () => Promise<WorkStoreBench>) =>
  lawsApart(`${name} keeps the laws of the work store`, workStoreLaws, open, closing);
