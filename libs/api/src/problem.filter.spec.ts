import { expect, it } from '@jest/globals';
import { problemFrom } from './problem.filter.js';

/** A refusal as a store throws it; the door knows it by its name and its code. */
const refusal = (code: string) => Object.assign(new Error('The disk says no.'), { name: 'StoreRefused', code });

it.each([
  ['store_full', 507, 'The disk says no. Nothing was recorded.'],
  ['store_unavailable', 503, 'The disk says no. Nothing was recorded.'],
  ['store_shorter_than_anchor', 503, 'The disk says no. Nothing was recorded.'],
  ['view_unreadable', 500, 'The disk says no.'], // it was read, not written
])('passes on that a store said %s', (code, status, detail) =>
  expect(problemFrom(refusal(code))).toMatchObject({ code, status, detail }),
);

it('passes on no text of an error that is not ours', () => {
  for (const error of [
    new Error('secret'),
    refusal('secret'),
    'secret',
    Object.assign(new Error('secret'), { statusCode: 400 }),
  ])
    expect(JSON.stringify(problemFrom(error))).not.toContain('secret');
});
