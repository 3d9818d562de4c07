import { expect, it } from '@jest/globals';
import { readOrder } from './order.simulator.js';

it.each([
  '{"vm": "web-01", "do": "power-off"}',
  '{"vm": "jump-01", "site": "site-b", "do": "remove", "silently": true}',
  '{"vm": "new-01", "do": "add"}',
  '{"vm": "web-01", "do": "rename", "name": "www-01"}',
  '{"vm": "web-01", "do": "tools", "tools": "toolsOld"}',
  '{"vm": "web-01", "do": "guest", "obeys": false, "shutdownMs": 45000}',
  '{"vm": "web-01", "do": "question", "text": null}',
])('understands %s', (text) => expect(readOrder(text)).toEqual({ order: JSON.parse(text) }));

it.each([
  ['power off web-01', /not JSON/],
  ['{"vm": "web-01", "do": "explode"}', /do/],
  ['{"vm": "web-01", "do": "rename"}', /name/],
  ['{"vm": "web-01", "do": "add", "site": "site-z"}', /there is no such site/],
])('says what is wrong with %s', (text, problem) =>
  expect(readOrder(text)).toEqual({ problem: expect.stringMatching(problem) }),
);
