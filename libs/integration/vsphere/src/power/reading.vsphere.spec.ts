import { expect, it } from '@jest/globals';
import { Instant } from '@drover/kernel';
import { readingOf } from './reading.vsphere.js';
import type { Xml } from '../soap/xml.vsphere.js';

const AT = Instant.parse('2026-01-02T00:00:00Z');
const reading = (values: Readonly<Record<string, Xml>>) =>
  readingOf({ ref: { type: 'VirtualMachine', id: 'vm-1' }, values }, { observedAt: AT, run: 'spec', n: 1 });
const on = { 'runtime.powerState': 'poweredOn', 'summary.runtime.bootTime': '2026-01-01T23:59:00Z' };

it('K21: takes the count of the provider, and reckons none where it keeps none', () => {
  expect(reading({ ...on, 'summary.quickStats.uptimeSeconds': '42' }).uptimeSeconds).toBe(42);
  expect(reading({ ...on, 'summary.quickStats.uptimeSeconds': '0' }).uptimeSeconds).toBeNull();
  expect(reading(on).uptimeSeconds).toBeNull();
  expect(reading({ 'runtime.powerState': 'poweredOn' })).toMatchObject({ uptimeSeconds: null, bootAt: null });
});

it.each(['disconnected', 'orphaned', 'inaccessible', 'invalid'])(
  'K19: says of a machine that is %s what the provider knew last, not that it is so now',
  (state) =>
    expect(reading({ ...on, 'runtime.connectionState': state, 'guest.toolsStatus': 'toolsOk' })).toMatchObject({
      ...{ power: 'unknown', lastKnown: { power: 'poweredOn' }, tools: 'unknown' },
      ...{ bootAt: null, uptimeSeconds: null },
    }),
);

it('tells a template from a machine', () => {
  expect(reading({ ...on, 'config.template': 'true' }).template).toBe(true);
  expect(reading({ ...on, 'config.template': 'false' }).template).toBe(false);
});

it.each(['poweredOff', 'suspended'])('one that is %s has neither', (power) =>
  expect(reading({ ...on, 'runtime.powerState': power })).toMatchObject({ power, uptimeSeconds: 0, bootAt: null }),
);

it('has the text of the question, if there is one', () => {
  expect(reading({ ...on, 'runtime.question': { text: 'Moved or copied?' } }).question).toBe('Moved or copied?');
  expect(reading(on).question).toBeNull();
});

it.each([{}, { 'runtime.powerState': 'unknown' }])('never makes a state up: %p', (values) =>
  expect(() => reading(values)).toThrow(),
);
