import { expect, it } from '@jest/globals';
import { forgedBecause } from './forgery.js';

const base = { method: 'POST', origin: 'http://127.0.0.1:8000', source: false };
const csrf = { 'x-drover-csrf': '1', host: 'localhost:8000' };

it.each([
  ['the browser says so', { ...csrf, 'sec-fetch-site': 'same-origin' }],
  ['its Origin is the public one', { ...csrf, origin: 'http://127.0.0.1:8000' }],
  ['its Origin is the host it asks', { ...csrf, origin: 'http://localhost:8000' }],
  ['the browser says so of a page without a Referrer', { ...csrf, 'sec-fetch-site': 'same-origin', origin: 'null' }],
])('takes a change when %s', (_, headers) => expect(forgedBecause({ ...base, headers })).toBeNull());

it.each([
  ['comes from another site', { ...csrf, 'sec-fetch-site': 'cross-site', origin: 'http://127.0.0.1:8000' }],
  ['comes from a sibling', { ...csrf, 'sec-fetch-site': 'same-site' }],
  ['says nothing of where it comes from', csrf],
  ['comes from nowhere', { ...csrf, origin: 'null' }],
  ['has another Origin', { ...csrf, origin: 'http://localhost:9000' }],
  [
    'has another Origin, whatever its browser says',
    { ...csrf, 'sec-fetch-site': 'same-origin', origin: 'http://a.test' },
  ],
  ['lacks the header that no form can send', { host: 'localhost:8000', 'sec-fetch-site': 'same-origin' }],
  ['has a body that a form can send', { ...csrf, 'sec-fetch-site': 'same-origin', 'content-type': 'text/plain' }],
])('refuses a change that %s', (_, headers) => expect(forgedBecause({ ...base, headers })).toEqual(expect.any(String)));

it('names the setting where a proxy that Drover was not told of stands between', () => {
  const headers = { ...csrf, 'sec-fetch-site': 'same-origin', origin: 'https://drover.test' };
  const why = forgedBecause({ ...base, headers });
  expect(why).toContain('Its Origin is https://drover.test, and Drover is served from http://127.0.0.1:8000.');
  expect(why).toContain('DROVER_PUBLIC_URL');
  const other = forgedBecause({ ...base, headers: { ...csrf, origin: 'https://drover.test' } });
  expect(other).toBe('It does not come from the pages of Drover.');
});

it.each([
  ['another site', { 'sec-fetch-site': 'cross-site', host: 'localhost:8000' }],
  ['a sibling', { 'sec-fetch-site': 'same-site', host: 'localhost:8000' }],
  ['a page of another Origin', { origin: 'https://evil.test', host: 'localhost:8000' }],
])('refuses a GET that changes something when %s sends the browser there', (_, headers) => {
  expect(forgedBecause({ ...base, method: 'GET', acts: true, headers })).toEqual(expect.any(String));
  expect(forgedBecause({ ...base, method: 'GET', headers })).toBeNull();
});

it.each([
  ['a page of ours links to', { 'sec-fetch-site': 'same-origin' }],
  ['a person types', { 'sec-fetch-site': 'none' }],
  ['an older browser sends', {}],
  ['our Origin asks', { origin: 'http://127.0.0.1:8000' }],
])('takes a GET that changes something when %s it', (_, headers) =>
  expect(forgedBecause({ ...base, method: 'GET', acts: true, headers })).toBeNull(),
);

it('asks nothing of a read, and no header on the source documents’ paths', () => {
  expect(forgedBecause({ ...base, method: 'GET', headers: {} })).toBeNull();
  expect(forgedBecause({ ...base, source: true, headers: { 'sec-fetch-site': 'same-origin' } })).toBeNull();
});
