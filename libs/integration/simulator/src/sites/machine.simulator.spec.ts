import { expect, it } from '@jest/globals';
import { ConnectionId, Instant, type Tools } from '@drover/kernel';
import { blueprintOf } from './blueprint.simulator.js';
import {
  batchOf,
  msUntilStep,
  readingOf,
  settledAt,
  toolsOf,
  untouched,
  type SimulatedMachine,
} from './machine.simulator.js';

const start = Instant.parse('2026-01-01T00:00:00Z');
const at = (ms: number) => Instant.ofMs(Date.parse(start) + ms);
const slot = { seed: 1, connectionId: ConnectionId.parse('site-a'), site: 0, index: 9, name: 'web-01' };
const starting = (tools: Tools): SimulatedMachine => ({
  ...untouched(blueprintOf(slot, { power: 'poweredOff', tools })),
  pending: {
    line: { n: 1, call: 'power-on', at: start, bootAt: at(2_000) },
    isObeyed: false,
    steps: [
      { ms: 2_000, power: 'poweredOn', toolsUp: false },
      { ms: 12_000, power: 'poweredOn', toolsUp: true },
    ],
  },
});

it.each<[Tools, Tools]>([
  ['toolsOk', 'toolsNotRunning'],
  ['toolsOld', 'toolsNotRunning'],
  ['unknown', 'toolsNotRunning'],
  ['toolsNotInstalled', 'toolsNotInstalled'],
])('%s are %s until the guest is up, then what they were', (tools, without) => {
  const seen = [0, 2_000, 11_999, 12_000].map((ms) => toolsOf(settledAt(starting(tools), at(ms))));
  expect(seen).toEqual([without, without, without, tools]);
});

it('changes when a step is due, not before, and counts its uptime from the boot', () => {
  const reading = (ms: number) => readingOf(settledAt(starting('toolsOk'), at(ms)), at(ms));
  expect(reading(1_999)).toMatchObject({ power: 'poweredOff', bootAt: null, uptimeSeconds: null });
  expect(reading(2_000)).toMatchObject({ power: 'poweredOn', bootAt: at(2_000), uptimeSeconds: 0 });
  expect(reading(65_500)).toMatchObject({ bootAt: at(2_000), uptimeSeconds: 63 });
});

it('K19: of a machine that its site does not reach, power and catalog say so alike', () => {
  const out = { ...settledAt(starting('toolsOk'), at(12_000)), connectionState: 'notResponding' };
  expect(readingOf(out, at(13_000))).toMatchObject({
    ...{ power: 'unknown', lastKnown: { power: 'poweredOn' }, tools: 'unknown', bootAt: null, uptimeSeconds: null },
  });
  const [shown] = batchOf([out], at(13_000), { run: 'spec', n: 1 }).machines;
  expect(shown).toMatchObject({ connectionState: 'notResponding', power: 'poweredOn' });
});

it.each([
  [0, 2_000],
  [500, 1_500],
  [60_000, 0],
  [-86_400_000, 2_000], // the clock was set back a day: the step is no further than it was planned
])('%s ms after the call its next step is %s ms away', (ms, left) =>
  expect(msUntilStep(starting('toolsOk'), at(ms))).toBe(left),
);
