import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { BulkId, isRejection, Mode, PowerState, Tools } from '@drover/kernel';
import { type PowerVerb, recordedRequest, requestAt, verbEvents } from './power-request.events.js';
import { readRequest } from './power.events.js';
import { callOf, firstStep, powerVerbs } from './power-verbs.js';
import { at, deadline } from './testing.js';

// Wrong on purpose: the compiler must complain of it, or this file does not compile. Power learns to hibernate, and nobody
// says how.
// @ts-expect-error -- the verb lacks its row
powerVerbs satisfies Readonly<Record<PowerVerb | 'hibernate', object>>;
({
  ...verbEvents,
  // @ts-expect-error -- its request is recorded as that of another verb
  restart: { ...verbEvents.restart, requested: { ...verbEvents.restart.requested, type: 'PowerOffRequested' } },
}) satisfies typeof verbEvents;

const timeoutSeconds = fc.integer({ min: 1, max: 3600 });
const options = fc.oneof(
  fc.record({ mode: fc.constantFrom(...Mode.options), waitForTools: fc.constant(false as const), timeoutSeconds }),
  fc.record({ mode: fc.constant(null), waitForTools: fc.boolean(), timeoutSeconds }),
);
const of = fc.record({
  ...{ op: fc.integer({ min: 1 }), deadline: fc.constant(deadline), earlier: fc.constantFrom(null, 1) },
  bulkId: fc.constantFrom(null, BulkId.ofRequest('k')),
});
const seen = fc.record({ power: fc.constantFrom(...PowerState.options), tools: fc.constantFrom(...Tools.options) });

it.each(Object.keys(powerVerbs) as PowerVerb[])('%s: what was asked for is read back from what was recorded', (kind) =>
  fc.assert(
    fc.property(options, of, (given, about) => {
      const request = requestAt({ action: kind, ...given }, at).request;
      const fact = recordedRequest(request, about);
      expect(fact.type).toBe(verbEvents[kind].requested.type);
      expect(readRequest(fact)).toEqual(request);
    }),
  ),
);

it.each(Object.keys(powerVerbs) as PowerVerb[])('%s: each step that may be begun is a call', (kind) =>
  fc.assert(
    fc.property(options, seen, (given, found) => {
      const step = firstStep(requestAt({ action: kind, ...given }, at).request, found);
      if (!isRejection(step)) expect([step, callOf(kind, step)]).toEqual([step, expect.any(String)]);
    }),
  ),
);
