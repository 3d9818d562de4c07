import { expect, it } from '@jest/globals';
import { memoryViewStore, virtualClock } from '@drover/ports';
import { allRows } from './all-rows.query.js';

type Row = { readonly n: number };

it('reads every row, however many pages they are, and only those that fit', async () => {
  const definition = { view: 'numbers', revision: 1, index: { odd: ({ n }: Row) => n % 2 === 1 } };
  const group = await memoryViewStore(virtualClock()).open('test', [definition]);
  const numbers = Array.from({ length: 1001 }, (_, n) => n);
  const writes = numbers.map((n) => ({ view: 'numbers', key: `k${n}`, row: { n } }));
  await group.commit({ source: 'test', upTo: 1, writes });
  const view = group.view<Row>('numbers');
  const found = async (where?: Parameters<typeof allRows>[1]) =>
    (await allRows(view, where)).map(({ n }) => n).sort((a, b) => a - b);
  expect(await found()).toEqual(numbers);
  expect(await found({ odd: [true] })).toEqual(numbers.filter((n) => n % 2 === 1));
  expect(await found({ odd: [] })).toEqual([]);
});
