import { expect, it } from '@jest/globals';
import { traceOf } from './trace-context.js';

const [trace, span] = ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331'];

it('carries a trace on as it came', () =>
  expect(traceOf(`00-${trace}-${span}-01`)).toEqual({ traceparent: `00-${trace}-${span}-01`, traceId: trace }));

it('takes of a later version what is known', () =>
  expect(traceOf(`cc-${trace}-${span}-01-what-comes`)?.traceparent).toBe(`cc-${trace}-${span}-01`));

it.each([
  undefined,
  '',
  `00-${trace}-${span}`,
  `ff-${trace}-${span}-01`,
  `00-${trace.toUpperCase()}-${span}-01`,
  `00-${'0'.repeat(32)}-${span}-01`,
  `00-${trace}-${'0'.repeat(16)}-01`,
  `00-${trace}-${span}-01-more`,
  `00-${trace}-${span}-01, 00-${trace}-${span}-01`,
  ` 00-${trace}-${span}-01`,
  `00-${trace}-${span}-01\n`,
])('ignores %j', (malformed) => expect(traceOf(malformed)).toBeNull());
