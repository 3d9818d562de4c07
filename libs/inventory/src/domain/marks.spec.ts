import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Instant, type Hardware } from '@drover/kernel';
import { hardwareMark, readingMark } from './marks.js';
import { same } from './same.js';

const text = fc.constantFrom('', 'a', 'b');
const maybe = fc.option(text, { nil: null });
const hardware: fc.Arbitrary<Hardware> = fc.record({
  ...{ cpus: fc.integer({ min: 1, max: 2 }), memoryBytes: fc.constantFrom(1, 2), os: text, toolsVersion: maybe },
  ...{ path: maybe, datacenter: maybe, host: maybe, addresses: fc.array(text, { maxLength: 2 }) },
  disks: fc.array(fc.record({ id: text, label: text, capacityBytes: fc.constantFrom(1, 2), path: maybe }), {
    maxLength: 2,
  }),
  networks: fc.array(fc.record({ label: text, network: maybe, macAddress: maybe }), { maxLength: 2 }),
  observedAt: fc.constantFrom(Instant.ofMs(0), Instant.ofMs(1)),
});
const turnedRound = <Value extends object>(value: Value) =>
  Object.fromEntries(Object.entries(value).reverse()) as unknown as Value;

it('K45: marks hardware alike when it is the same, whenever it was read and however it is written down', () =>
  fc.assert(
    fc.property(hardware, hardware, (a, b) => {
      const equal = same({ ...a, observedAt: '' }, { ...b, observedAt: '' });
      expect(hardwareMark(a) === hardwareMark(b)).toBe(equal);
      expect(hardwareMark({ ...turnedRound(a), disks: a.disks.map(turnedRound) })).toBe(hardwareMark(a));
    }),
  ));

it('K45: marks readings apart by all that they say', () => {
  const on = { power: 'poweredOn', tools: 'toolsOk', bootAt: null } as const;
  const others = [
    ...[on, { ...on, power: 'poweredOff' }, { ...on, tools: 'unknown' }, { ...on, bootAt: Instant.ofMs(0) }],
    { ...on, connectionState: 'disconnected' },
  ] as const;
  expect(new Set(others.map(readingMark)).size).toBe(others.length);
});
