import { expect, it } from '@jest/globals';
import { moments, nextStep } from './next-step.js';
import type { MachineReading } from './power-verbs.js';
import type { OpenOperation, Phase } from './power.js';
import { after, found, foundAs, later, off, on, open, type Found } from './testing.js';

const restart = { kind: 'restart', mode: 'trySoft' } as const;
const graceful = { step: 'graceful', attempt: 1 } as const;
const sent = { is: 'sent', ...graceful, ...after, task: null } as const;
const busy = { is: 'rejected', ...graceful, ...after, until: later(10), code: 'busy', detail: 'x' } as const;
const refused = { ...busy, until: null, code: 'tools_unavailable' } as const;
const down = { fault: { code: 'provider_unreachable', detail: 'down' } } as const;
const blocked = { fault: { code: 'connection_blocked', detail: 'x' } } as const;

it.each<[string, Partial<OpenOperation>, Partial<Found>, object | null]>([
  ['asks the guest first', {}, {}, { type: 'StartStep', step: 'graceful', attempt: 1 }],
  ['leaves a call alone that was taken', { phase: sent }, {}, null],
  [
    'forces when the share is used up',
    { phase: sent },
    { now: later(240) },
    { step: 'forced', cause: 'graceful_timed_out' },
  ],
  [
    'forces when the guest cannot be asked',
    { phase: refused },
    {},
    { step: 'forced', cause: 'graceful_failed', code: 'tools_unavailable' },
  ],
  ['waits before it tries a busy one again', { phase: busy }, {}, null],
  ['then tries again', { phase: busy }, { now: later(10) }, { step: 'graceful', attempt: 2 }],
  [
    'asks again after a lost answer, and does not force',
    { phase: { is: 'unclear', ...graceful, ...after, until: null } },
    {},
    { step: 'graceful', attempt: 2 },
  ],
  [
    'takes up what was left begun',
    { epoch: 2, phase: { is: 'started', ...graceful, ...after, epoch: 1 } },
    {},
    { step: 'graceful', attempt: 2 },
  ],
  ['waits for a provider that is down', {}, down, null],
  ['waits for it also after a call', { phase: sent }, blocked, null],
  ['fails when nobody may sign in and nothing was sent', {}, blocked, { type: 'Fail' }],
  [
    'fails on a question that holds the machine',
    {},
    { reading: { ...on, question: 'moved or copied?' } },
    { type: 'Fail', fault: { code: 'guest_question_pending', detail: 'moved or copied?' } },
  ],
  ['lets the provider have the last word at the deadline', {}, { reading: off, now: later(300) }, { type: 'Confirm' }],
  ['ends at the deadline', {}, { now: later(300) }, { type: 'RunOut' }],
  ['calls off', { cancelling: true, phase: sent }, {}, { type: 'CallOff' }],
])('%s', (_name, state, what, next) => {
  const step = nextStep(open(state), found(what));
  if (next === null) expect(step).toBeNull();
  else expect(step).toMatchObject(next);
});

it.each<[string, Phase, Partial<Found>, object | null]>([
  ['is asked of the guest', { is: 'requested' }, {}, { type: 'StartStep', step: 'graceful' }],
  ['is forced when the guest surely was not asked', refused, {}, { step: 'forced', cause: 'graceful_failed' }],
  ['is not forced on a guest that hangs', sent, { now: later(299) }, null],
  [
    'K21: that was taken is unknown at the deadline without proof, never expired',
    sent,
    { now: later(300) },
    { type: 'GiveUp' },
  ],
  [
    'that was left begun gets a minute to show a new boot',
    { is: 'started', ...graceful, ...after, epoch: 0 },
    {},
    { type: 'Abandon', until: later(61) },
  ],
  ['waits for the proof', { is: 'unclear', ...graceful, ...after, until: later(61) }, { now: later(60) }, null],
  [
    'is unknown without it',
    { is: 'unclear', ...graceful, ...after, until: later(61) },
    { now: later(61) },
    { type: 'GiveUp' },
  ],
  [
    'that may have been taken is unknown at the deadline, though it runs',
    { is: 'unclear', ...graceful, ...after, until: later(400) },
    { now: later(300) },
    { type: 'GiveUp' },
  ],
  [
    'is proven by a newer boot',
    { is: 'unclear', ...graceful, ...after, until: later(61) },
    { reading: { ...on, bootAt: later(5) } },
    { type: 'Confirm' },
  ],
  ['is not proven by the boot that was read before the call', sent, { reading: on }, null],
])('a restart %s', (_name, phase, what, next) => {
  const step = nextStep(open({ request: restart, phase }), found(what));
  if (next === null) expect(step).toBeNull();
  else expect(step).toMatchObject(next);
});

it('a clock that is ahead at the provider makes no proof of an old boot', () => {
  const ahead = { ...on, bootAt: later(120) };
  const state = open({ request: restart, phase: { ...sent, runBefore: ahead } });
  expect(nextStep(state, found({ reading: ahead }))).toBeNull();
});

it.each<[string, Partial<OpenOperation>, MachineReading, object | null]>([
  ['starts what is off', {}, off, { type: 'StartStep', step: 'start' }],
  ['sends nothing to what is on', {}, { ...on, tools: 'toolsNotRunning' }, { type: 'Confirm' }],
  [
    'waits for tools',
    { phase: { is: 'sent', step: 'start', attempt: 1, ...after, task: null } },
    { ...on, tools: 'toolsNotRunning' },
    { type: 'AwaitTools' },
  ],
  [
    'is content with old ones',
    { phase: { is: 'waiting', step: 'start', attempt: 1, taken: 'start' } },
    { ...on, tools: 'toolsOld' },
    { type: 'Confirm' },
  ],
  [
    'waits for none where there were none',
    {
      phase: { is: 'sent', step: 'start', attempt: 1, ...after, task: null },
      findings: foundAs({ ...off, tools: 'toolsNotInstalled' }),
    },
    { ...on, tools: 'toolsNotInstalled' },
    { type: 'Confirm' },
  ],
])('a power-on %s', (_name, state, reading, next) => {
  const step = nextStep(
    open({ request: { kind: 'power-on', waitForTools: true }, findings: foundAs(off), ...state }),
    found({ reading }),
  );
  if (next === null) expect(step).toBeNull();
  else expect(step).toMatchObject(next);
});

it('knows the moments that matter', () =>
  expect(moments(open({ phase: busy }))).toEqual([later(300), later(240), later(10)]));
