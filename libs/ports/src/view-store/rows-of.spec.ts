import { expect, it } from '@jest/globals';
import { virtualClock } from '../clock/clock.memory.js';
import { allRows, partsOfRows, rowsOf } from './rows-of.js';
import { commitAlone } from './view-store.contract.js';
import { memoryViewStore } from './view-store.memory.js';

const open = async (many: number) => {
  const definition = { view: 'v', revision: 1, index: { odd: ({ n }: { n: number }) => n % 2 } };
  const group = await memoryViewStore(virtualClock()).open('c', [definition]);
  const writes = Array.from({ length: many }, (_, n) => ({ view: 'v', key: `k${n}`, row: { n } }));
  await commitAlone(group, 's', 1, writes);
  const view = group.view<{ n: number }>('v');
  const asked = { pages: 0 };
  const counted = { ...view, find: (...find: Parameters<typeof view.find>) => (asked.pages++, view.find(...find)) };
  return { view: counted, asked };
};

it('reads all rows that fit, however many, each once', async () => {
  const { view } = await open(2_500);
  const found: number[] = [];
  for await (const { n } of rowsOf(view, { where: { odd: [1] } })) found.push(n);
  expect(found.sort((one, other) => one - other)).toEqual(Array.from({ length: 1_250 }, (_, i) => 2 * i + 1));
});

it('reads no further than somebody wants, and nothing of an empty view', async () => {
  const { view, asked } = await open(2_500);
  for await (const { n } of rowsOf(view, {})) if (n >= 0) break;
  expect(asked.pages).toBe(1);
  const none = await open(0);
  for await (const row of rowsOf(none.view, {})) expect(row).toBeNull();
  expect(none.asked.pages).toBe(1);
});

it('gives all rows that fit at once, or a part of each', async () => {
  const { view } = await open(1_001);
  const odd = Array.from({ length: 500 }, (_, i) => 2 * i + 1);
  const sorted = (found: readonly number[]) => [...found].sort((one, other) => one - other);
  expect(sorted((await allRows(view, { odd: [1] })).map(({ n }) => n))).toEqual(odd);
  expect(sorted(await partsOfRows(view, { odd: [1] }, ({ n }) => n))).toEqual(odd);
  expect([(await allRows(view)).length, await allRows(view, { odd: [] })]).toEqual([1_001, []]);
});
