import { describe, expect, it } from '@jest/globals';
import { ConnectionId, Instant, type Tools } from '@drover/kernel';
import type { KnownPower, PowerCall } from '@drover/ports';
import { blueprintOf, type Profile } from './blueprint.simulator.js';
import { outcomeOf } from './calls.simulator.js';
import { latencyOf } from './latency.simulator.js';
import { untouched, type SimulatedMachine } from './machine.simulator.js';

const slot = { seed: 1, connectionId: ConnectionId.parse('site-a'), site: 0, index: 9, name: 'web-01' };
const machine = (
  profile: Profile = {},
  more: Partial<Pick<SimulatedMachine, 'question' | 'pending'>> = {},
): SimulatedMachine => ({
  ...untouched(blueprintOf(slot, profile)),
  ...more,
});
const latency = latencyOf(1, () => 0.5);
const outcome = (on: SimulatedMachine, call: PowerCall) => outcomeOf(on, call, latency);
const taking = (call: PowerCall) => ({
  pending: {
    line: { n: 7, call, at: Instant.ofMs(0), bootAt: null },
    steps: [{ ms: 1, power: 'poweredOff', toolsUp: false }] as const,
    isObeyed: false,
  },
});
const calls: readonly PowerCall[] = ['shutdown-guest', 'power-off', 'power-on', 'reboot-guest', 'reset'];

describe('a call', () => {
  it.each([
    ['poweredOn', ['shutdown-guest', 'power-off', 'reboot-guest', 'reset']],
    ['poweredOff', ['power-on']],
    ['suspended', ['power-off', 'power-on']],
  ] as const)('to a machine that is %s can be %j', (power: KnownPower, possible: readonly PowerCall[]) => {
    for (const call of calls)
      expect([call, outcome(machine({ power }), call).answer === 'accepted']).toEqual([call, possible.includes(call)]);
    const refused = calls.filter((call) => !possible.includes(call));
    for (const call of refused) expect(outcome(machine({ power }), call).answer).toBe('invalid_power_state');
  });

  it.each([
    ['toolsOk', 'accepted'],
    ['toolsOld', 'accepted'],
    ['toolsNotRunning', 'tools_unavailable'],
    ['toolsNotInstalled', 'tools_unavailable'],
    ['unknown', 'tools_unavailable'],
  ] as const)('to a guest with %s is %s', (tools: Tools, answer) => {
    for (const call of ['shutdown-guest', 'reboot-guest'] as const)
      expect(outcome(machine({ tools }), call).answer).toBe(answer);
    expect(outcome(machine({ tools }), 'power-off').answer).toBe('accepted');
  });

  it('takes as long as on a real site', () => {
    expect(outcome(machine(), 'shutdown-guest').steps).toEqual([{ ms: 5_500, power: 'poweredOff', toolsUp: false }]);
    expect(outcome(machine(), 'power-off').steps).toEqual([{ ms: 1_250, power: 'poweredOff', toolsUp: false }]);
    expect(outcome(machine({ power: 'poweredOff' }), 'power-on').steps).toEqual([
      { ms: 2_000, power: 'poweredOn', toolsUp: false },
      { ms: 17_000, power: 'poweredOn', toolsUp: true },
    ]);
  });

  it('takes no time when latency is off', () => {
    const none = latencyOf(0, () => 0.9);
    for (const call of calls) for (const { ms } of outcomeOf(machine(), call, none).steps) expect(ms).toBe(0);
  });

  it('to a guest that hangs is accepted and does nothing', () => {
    const hanging = machine({ guest: { obeys: false, shutdownMs: null } });
    for (const call of ['shutdown-guest', 'reboot-guest'] as const)
      expect(outcome(hanging, call)).toMatchObject({ answer: 'accepted', effective: false, steps: [] });
    expect(outcome(hanging, 'power-off')).toMatchObject({ effective: true, after: 'poweredOff' });
  });

  it('is refused while a task of the site runs, as nothing else may happen to the machine', () => {
    for (const call of ['power-off', 'power-on', 'reset'] as const)
      for (const next of calls) expect(outcome(machine({}, taking(call)), next).answer).toBe('busy');
  });

  it('counts one transition when power-off overtakes a shutdown', () => {
    const stopping = machine({}, taking('shutdown-guest'));
    expect(outcome(stopping, 'shutdown-guest')).toMatchObject({ answer: 'accepted', effective: false, steps: [] });
    expect(outcome(stopping, 'power-off')).toMatchObject({ answer: 'accepted', effective: false, hastens: 7 });
    expect(outcome(stopping, 'power-off').steps).toHaveLength(1);
  });

  it('waits for the answer to a question of the site', () => {
    for (const call of calls)
      expect(outcome(machine({}, { question: 'Copied or moved?' }), call)).toMatchObject({
        answer: 'guest_question_pending',
        detail: 'Copied or moved?',
        effective: false,
      });
  });
});
