import { expect, it } from '@jest/globals';
import { problemFrom } from './problem.filter.js';

/** A refusal as a store throws it; the door knows it by its name and its code. */
const refusal = (code: string) => Object.assign(new Error('secret'), { name: 'StoreRefused', code });

it.each([
  ['store_full', 507, 'There is no space left where Drover keeps its data. Nothing was recorded.'],
  ['store_unavailable', 503, 'Drover cannot write its data. Nothing was recorded.'],
  ['store_shorter_than_anchor', 503, 'The store lacks what it had, so nothing is written to it. Nothing was recorded.'],
  ['view_unreadable', 503, 'What Drover keeps of this is damaged.'], // it was read, not written
])('says that a store said %s, and not where that store lies', (code, status, detail) =>
  expect(problemFrom(refusal(code))).toMatchObject({ code, status, detail }),
);

it('passes on no text of an error that is not ours', () => {
  for (const error of [
    new Error('secret'),
    refusal('secret'),
    refusal('store_full'),
    'secret',
    Object.assign(new Error('secret'), { statusCode: 400 }),
  ])
    expect(JSON.stringify(problemFrom(error))).not.toContain('secret');
});
