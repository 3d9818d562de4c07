import { describe, expect, it } from '@jest/globals';
import { Instant } from '@drover/kernel';
import {
  SourcePoweredOff,
  SourcePoweredOn,
  SourcePowerOffRequest,
  SourcePowerOnRequest,
  SourcePowerState,
} from './source-power.js';

const timestamp = Instant.parse('2026-11-20T10:00:00Z');
const common = {
  success: true,
  vm_id: '420570c7',
  previous_state: 'poweredOn',
  duration_seconds: 5,
  timestamp,
} as const;
const off: SourcePoweredOff = {
  ...common,
  new_state: 'poweredOff',
  operation: 'power-off',
  shutdown_method: 'graceful',
  message: 'VM power-off completed successfully',
};
const on: SourcePoweredOn = {
  ...common,
  new_state: 'poweredOn',
  operation: 'power-on',
  tools_status: 'toolsOk',
  message: 'VM power-on completed successfully',
};

describe('T26: success is a machine in the state that was asked for', () => {
  it('of a power-off, nothing else compiles', () => {
    // @ts-expect-error a machine that is on is no success of a power-off
    const lie: SourcePoweredOff = { ...off, new_state: 'poweredOn' };
    // @ts-expect-error what nobody could read is no success
    const guess: SourcePoweredOff = { ...off, new_state: 'unknown' };
    // @ts-expect-error a failure is a problem, never this answer
    const failure: SourcePoweredOff = { ...off, success: false };
    for (const each of [lie, guess, failure]) expect(SourcePoweredOff.safeParse(each).success).toBe(false);
    expect(SourcePoweredOff.parse(off)).toEqual(off);
  });

  it('of a power-on, nothing else compiles', () => {
    // @ts-expect-error a machine that is off is no success of a power-on
    const lie: SourcePoweredOn = { ...on, new_state: 'poweredOff' };
    // @ts-expect-error what nobody could read is no success
    const guess: SourcePoweredOn = { ...on, new_state: 'unknown' };
    for (const each of [lie, guess]) expect(SourcePoweredOn.safeParse(each).success).toBe(false);
    expect(SourcePoweredOn.parse(on)).toEqual(on);
  });

  it.each([...['poweredOn', 'suspended', 'unknown', '', null, undefined]])(
    'never parses with new_state %j',
    (new_state) => expect(SourcePoweredOff.safeParse({ ...off, new_state }).success).toBe(false),
  );
});

it('a state that nobody could read is no answer', () => {
  const state = {
    vm_id: 'x',
    power_state: 'unknown',
    tools_status: 'toolsOk',
    last_state_change: null,
    uptime_seconds: 0,
    timestamp,
  };
  expect(SourcePowerState.safeParse(state).success).toBe(false);
  expect(SourcePowerState.safeParse({ ...state, power_state: 'suspended' }).success).toBe(true);
});

it('an empty body means all defaults', () => {
  expect(SourcePowerOffRequest.parse({})).toEqual({ force: false, wait_for_shutdown: true });
  expect(SourcePowerOnRequest.parse({})).toEqual({ wait_for_tools: false });
});

describe.each([
  ['power-off', SourcePowerOffRequest],
  ['power-on', SourcePowerOnRequest],
])('%s', (_, request) => {
  it.each([
    [1, 1],
    [3600, 3600],
    [3601, 3600],
    [86_400, 3600],
  ])('a time-out of %i s is %i s', (timeout, kept) =>
    expect(request.parse({ timeout })).toMatchObject({ timeout: kept }),
  );

  it.each([0, -1, 1.5, '300', null])('A3: refuses the time-out %j', (timeout) =>
    expect(request.safeParse({ timeout }).success).toBe(false),
  );

  it('refuses a member it does not know', () => expect(request.safeParse({ forced: true }).success).toBe(false));
});
