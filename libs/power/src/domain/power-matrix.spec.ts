import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { problems } from '@drover/contracts';
import { Instant, isRejection, VmId, type Mode, type PowerState, type Tools } from '@drover/kernel';
import { powerDecider as d } from './power.decider.js';
import { againstMatrix, firstStep } from './power-verbs.js';
import { initialPower } from './power.js';
import type { PowerRequest } from './power-request.events.js';

const golden = JSON.parse(
  readFileSync(new URL('../../../contracts/golden/cases.power-method.json', import.meta.url), 'utf8'),
) as { rows: { tools_status: Tools; mode: Mode; steps?: string[]; refused?: number }[] };

const at = Instant.parse('2026-11-20T10:00:00Z');
const off = (mode: Mode): PowerRequest =>
  mode === 'trySoft'
    ? { kind: 'power-off', mode, gracefulUntil: Instant.plusSeconds(at, 240) }
    : { kind: 'power-off', mode, gracefulUntil: null };
const back = (mode: Mode): PowerRequest => ({ kind: 'restart', mode });
const on: PowerRequest = { kind: 'power-on', waitForTools: true };
const modes = ['soft', 'trySoft', 'hard'] as const;

it.each(golden.rows)('T20: $mode with $tools_status', ({ mode, tools_status: tools, steps, refused }) => {
  const seen = { power: 'poweredOn', tools } as const;
  const step = firstStep(off(mode), seen);
  if (refused) expect(isRejection(step) && problems[step.rejected][0]).toBe(refused);
  else expect(step).toBe(steps?.[0]);
  expect(firstStep(back(mode), seen)).toEqual(step);
});

it('a suspended machine is switched off hard only', () => {
  const suspended = { power: 'suspended', tools: 'toolsOk' } as const;
  expect(firstStep(off('hard'), suspended)).toBe('forced');
  for (const mode of ['soft', 'trySoft'] as const)
    expect(firstStep(off(mode), suspended)).toMatchObject({ rejected: 'vm_suspended' });
});

it.each(modes)('only what runs is restarted (%s)', (mode) => {
  const tools = 'toolsOk';
  expect(firstStep(back(mode), { power: 'poweredOff', tools })).toMatchObject({ rejected: 'vm_not_ready' });
  expect(firstStep(back(mode), { power: 'suspended', tools })).toMatchObject({ rejected: 'vm_suspended' });
});

it.each([on, off('hard'), back('hard')])('a template is switched in no way (%j)', (request) =>
  expect(firstStep(request, { power: 'poweredOff', tools: 'toolsNotRunning', template: true })).toMatchObject({
    rejected: 'wrong_state',
  }),
);

it.each<[PowerRequest, Parameters<typeof firstStep>[1], RegExp]>([
  [on, { power: 'poweredOff', tools: 'toolsOk', template: true }, /template: make it a machine/],
  [off('soft'), { power: 'suspended', tools: 'toolsOk' }, /suspended: only a hard power-off .* memory is lost/],
  [off('soft'), { power: 'poweredOn', tools: 'toolsNotInstalled' }, /tools do not run \(toolsNotInstalled\)/],
  [off('trySoft'), { power: 'poweredOn', tools: 'unknown' }, /not known whether the guest can be asked/],
  [back('hard'), { power: 'suspended', tools: 'toolsOk' }, /suspended.* power it on to resume/],
  [back('hard'), { power: 'poweredOff', tools: 'toolsOk' }, /off.* power it on/],
])('a refusal says how the machine stands and what helps (%j, %j)', (request, seen, sentence) =>
  expect(firstStep(request, seen)).toMatchObject({ because: expect.stringMatching(sentence) }),
);

it.each(['poweredOff', 'suspended', 'poweredOn'] as const)('a start asks no guest (%s)', (power) =>
  expect(firstStep(on, { power, tools: 'unknown' })).toBe('start'),
);

it.each<[PowerRequest, PowerState]>([
  [on, 'suspended'],
  [off('soft'), 'poweredOff'],
  [off('soft'), 'unknown'],
  [back('soft'), 'unknown'],
])('what the last observation does not settle, the fresh look will (%j, %s)', (request, power) => {
  const view = { power, tools: 'unknown', observedAt: at } as const;
  const deadline = Instant.plusSeconds(at, 300);
  const asked = { vmId: VmId.create(), name: 'web-01', request, at, deadline, bulkId: null } as const;
  expect(
    d.decide({ type: 'RequestPower', ...asked, view, reasoned: false, failedPrecondition: null }, initialPower),
  ).toHaveLength(1);
});

it('what the last observation settles needs no fresh look: a machine that is off is not restarted', () =>
  expect(againstMatrix(back('soft'), { power: 'poweredOff', tools: 'toolsOk' })).toMatchObject({
    rejected: 'vm_not_ready',
  }));

it.each<[PowerRequest, object, string | null]>([
  [on, { power: 'poweredOff', template: true }, 'wrong_state'],
  [off('hard'), { power: 'poweredOff', template: true }, 'wrong_state'],
  [on, { power: 'unknown', template: true, connectionState: 'disconnected' }, 'wrong_state'],
  [on, { power: 'unknown', connectionState: 'disconnected' }, 'vm_not_ready'],
  [off('trySoft'), { power: 'unknown', connectionState: 'orphaned' }, 'vm_not_ready'],
  [back('hard'), { power: 'unknown', connectionState: 'disconnected' }, 'vm_not_ready'],
  [off('hard'), { power: 'unknown', connectionState: 'disconnected' }, null],
])(
  'K19: a view that knows of a template, or of a machine out of reach, refuses what is tried (%j, %j)',
  (request, view, no) =>
    expect(againstMatrix(request, { power: 'poweredOff', tools: 'unknown', ...view })?.rejected ?? null).toBe(no),
);

it('K19: a refusal for a machine out of reach says how its provider calls that', () =>
  expect(againstMatrix(on, { power: 'unknown', tools: 'unknown', connectionState: 'orphaned' })).toMatchObject({
    because: 'Its provider cannot reach it (orphaned).',
  }));
