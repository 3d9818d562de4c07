// What a step is judged by before it is begun: what the look says, what was sent already, and what the provider refused.
import { expect, it } from '@jest/globals';
import { moments, nextStep, outOfReach } from './next-step.js';
import type { MachineReading } from './power-verbs.js';
import type { OpenOperation, Phase } from './power.js';
import type { Call } from './power-step.events.js';
import type { PowerRequest } from './power-request.events.js';
import { after, found, later, off, on, open, read, unreached, type Found } from './testing.js';

const soft: PowerRequest = { kind: 'power-off', mode: 'soft', gracefulUntil: null };
const hard: PowerRequest = { kind: 'power-off', mode: 'hard', gracefulUntil: null };
const start: PowerRequest = { kind: 'power-on', waitForTools: true };
const restart: PowerRequest = { kind: 'restart', mode: 'trySoft' };
const graceful = { step: 'graceful', attempt: 1 } as const;
const sent = { phase: { is: 'sent', ...graceful, ...after, task: null } } as const;
const unclear = (until: number | null = null): Partial<OpenOperation> => ({
  phase: { is: 'unclear', ...graceful, ...after, until: until === null ? null : later(until) },
});
const rejected = (code: string, step: Call = 'graceful', taken: Call | null = null): Partial<OpenOperation> => ({
  phase: { is: 'rejected', step, attempt: 1, ...after, taken, until: later(10), code, detail: 'its words' },
});
const left: Phase = { is: 'started', ...graceful, ...after, epoch: 0 };
const toolsless: MachineReading = { ...on, tools: 'toolsNotRunning' };
const unknown = unreached({ power: 'poweredOn' });
const fault = (code: string) => ({ fault: { code, detail: 'its words' } });

type Row = [string, Partial<OpenOperation>, Partial<Found>, object | null];
const judged = (_name: string, state: Partial<OpenOperation>, what: Partial<Found>, next: object | null) => {
  const step = nextStep(open(state), found(what));
  if (next === null) expect(step).toBeNull();
  else expect(step).toMatchObject({ op: 1, epoch: 1, ...next });
};

it.each<Row>([
  [
    'that was there is noted first',
    {},
    fault('not_found'),
    { type: 'Note', look: { is: 'failed', fault: { code: 'not_found' } } },
  ],
  ['that is there again is noted', { absent: true }, {}, { type: 'Note', look: read(on) }],
  [
    'read twice is gone for good',
    { absent: true },
    fault('not_found'),
    { type: 'Fail', fault: { code: 'vm_gone', detail: expect.stringMatching(/left its provider.*its words/) } },
  ],
  [
    'at the first look may never have been there',
    { findings: { is: 'nothing' } },
    fault('not_found'),
    { type: 'Fail', fault: { code: 'not_found', detail: 'its words' } },
  ],
  ['that was sent something is noted', { ...sent, findings: { is: 'nothing' } }, fault('not_found'), { type: 'Note' }],
  ['is not gone because its provider is down', { absent: true }, fault('provider_unreachable'), null],
])('a machine that is not found %s', judged);

const cannot = { type: 'Fail', fault: { code: 'machine_unreachable', detail: outOfReach(unknown) } };
const observed: OpenOperation['seen'] = {
  power: 'poweredOff',
  tools: 'toolsOk',
  observedAt: later(-60),
  run: 'spec',
  n: 1,
};
it.each<Row>([
  ['is not asked', {}, { reading: unknown }, cannot],
  [
    'is told with what was read of it last, and when',
    { seen: observed },
    { reading: unknown },
    { fault: { detail: outOfReach(unknown, observed) } },
  ],
  ['is not started', { request: start }, { reading: unknown }, cannot],
  ['is not reset', { request: { kind: 'restart', mode: 'hard' } }, { reading: unknown }, cannot],
  ['may be forced off', { request: hard }, { reading: unknown }, { type: 'StartStep', step: 'forced' }],
  ['is waited for once something was sent', sent, { reading: unknown }, null],
  ['is waited for once a step was begun', { phase: left }, { reading: unknown }, { type: 'Abandon', until: null }],
])('a machine that its provider cannot reach %s', judged);

it.each<[Pick<MachineReading, 'lastKnown'>, string]>([
  [{ lastKnown: { power: 'suspended' } }, 'suspended'],
  [{}, 'unknown'],
])('says of a machine out of reach how it was last known (%j)', (reading, how) =>
  expect(outOfReach(reading)).toMatch(new RegExp(`cannot reach the machine.* last known as ${how}\\.$`)),
);

it.each([
  ['poweredOff', `Drover read it so at ${later(-60)}.`],
  ['poweredOn', `Drover last read it as poweredOff at ${later(-60)}.`],
] as const)('says when Drover read it last, whatever its provider shows (%s)', (power, sentence) =>
  expect(outOfReach({ lastKnown: { power } }, observed)).toBe(
    `The provider cannot reach the machine; it was last known as ${power}. ${sentence}`,
  ),
);

it.each<Row>([
  [
    'nothing was sent',
    { request: soft },
    { reading: toolsless },
    { type: 'Refuse', code: 'graceful_shutdown_not_possible', detail: expect.stringMatching(/\. Nothing was sent\.$/) },
  ],
  [
    'nothing more was sent, after a call',
    sent,
    { reading: { ...on, tools: 'unknown' }, now: later(240) },
    { type: 'Refuse', code: 'tools_status_unknown', detail: expect.stringMatching(/\. Nothing more was sent\.$/) },
  ],
  ['a template is off by itself', {}, { reading: { ...off, template: true } }, { type: 'Refuse', code: 'wrong_state' }],
])('a refusal by the fresh look says that %s', judged);

it('what was made a template after the call is off all the same', () =>
  judged('', sent, { reading: { ...off, template: true } }, { type: 'Confirm' }));

it.each<[string, Partial<OpenOperation>, MachineReading, string, string | undefined]>([
  ['trySoft finds no tools', {}, toolsless, 'forced', 'tools_absent'],
  ['trySoft asks the guest', {}, on, 'graceful', undefined],
  ['hard was asked for', { request: hard }, toolsless, 'forced', undefined],
  ['soft asks the guest', { request: soft }, on, 'graceful', undefined],
])('gives a cause where force was not what was asked for: %s', (_name, state, reading, step, cause) => {
  const next = nextStep(open(state), found({ reading }));
  expect(next).toMatchObject({ type: 'StartStep', step, attempt: 1 });
  expect(next).toHaveProperty('reading', reading);
  expect(next && 'cause' in next ? next.cause : undefined).toBe(cause);
});

const stopping = { op: 0, firstFact: 1, until: later(100), bootAt: on.bootAt };
it.each<Row>([
  ['is done', {}, {}, { type: 'Confirm' }],
  ['may yet be stopped by a guest that was asked before: that is waited for', { earlier: stopping }, {}, null],
  [
    'has booted since: its guest stopped',
    { earlier: stopping },
    { reading: { ...on, bootAt: later(0) } },
    { type: 'Confirm' },
  ],
])('a power-on of a machine that is on %s', (name, state, what, next) =>
  judged(name, { request: start, ...state }, what, next),
);

it.each<Row>([
  ['no second time', { phase: { is: 'sent', step: 'forced', attempt: 1, ...after, task: null } }, {}, null],
  ['when its time comes, not before', sent, { now: later(239) }, null],
  ['never where only the guest was to be asked', { request: soft, ...sent }, {}, null],
])('when the share of the guest is used up, force comes %s', (name, state, what, next) =>
  judged(name, state, { now: later(241), ...what }, next),
);

it.each<Row>([
  ['it waits its time', unclear(10), { now: later(9) }, null],
  ['then sends it again', unclear(10), { now: later(10) }, { type: 'StartStep', step: 'graceful', attempt: 2 }],
  ['a guest that goes down is not asked again', { request: soft, ...unclear() }, { reading: toolsless }, null],
  ['nor is it forced', unclear(), { reading: toolsless }, null],
  [
    'a machine that became a template is not started again',
    { request: start, phase: { is: 'unclear', step: 'start', attempt: 1, ...after, until: null } },
    { reading: { ...off, template: true } },
    null,
  ],
  ['a step left begun is ended when nothing can be read', { phase: left }, fault('no_answer'), { type: 'Abandon' }],
])('after a call that may have been taken: %s', judged);

it('a guest is asked again for no cause', () =>
  expect(nextStep(open(rejected('busy')), found({ now: later(10) }))).not.toHaveProperty('cause'));

it.each(['busy', 'provider_unreachable', 'no_answer', 'connection_blocked'])('only time mends %s', (code) => {
  judged('', { request: soft, ...rejected(code) }, { now: later(9) }, null);
  judged('', { request: soft, ...rejected(code) }, { now: later(10) }, { step: 'graceful', attempt: 2 });
});

const forcedFor = (
  escalation: OpenOperation['escalation'],
  change: Partial<OpenOperation> = {},
): Partial<OpenOperation> => ({
  ...{ ...rejected('busy', 'forced'), escalation },
  ...change,
});
it.each<Row>([
  ['when it can by now', forcedFor('tools_absent'), { now: later(10) }, { step: 'graceful', attempt: 1 }],
  ['not before its time', forcedFor('tools_absent'), { now: later(9) }, null],
  [
    'also before a restart, which has no share of the time',
    forcedFor('tools_absent', { request: restart }),
    { now: later(299) },
    { step: 'graceful', attempt: 1 },
  ],
  [
    'under the next number of its own',
    forcedFor('tools_absent', { attempts: { graceful: 3, forced: 1 } }),
    { now: later(10) },
    { step: 'graceful', attempt: 4 },
  ],
  [
    'not while it still has no tools',
    forcedFor('tools_absent'),
    { reading: toolsless, now: later(10) },
    { step: 'forced', attempt: 2 },
  ],
  ['not when it has refused', forcedFor('graceful_failed'), { now: later(10) }, { step: 'forced', attempt: 2 }],
  ['not when its share is used up', forcedFor('tools_absent'), { now: later(240) }, { step: 'forced', attempt: 2 }],
  [
    'not when something was taken',
    forcedFor('tools_absent', rejected('busy', 'forced', 'graceful')),
    { now: later(10) },
    { step: 'forced', attempt: 2 },
  ],
  [
    'not where force was asked for',
    forcedFor('none', { request: hard }),
    { now: later(10) },
    { step: 'forced', attempt: 2 },
  ],
])('a guest that could not be asked, and was not forced yet, is asked %s', (name, state, what, next) => {
  judged(name, state, what, next);
  if (next) expect(nextStep(open(state), found(what))).not.toHaveProperty('cause');
});

it('force has the next number of its own, too', () =>
  judged(
    '',
    { ...rejected('busy'), attempts: { graceful: 2, forced: 1 } },
    { reading: toolsless, now: later(10) },
    { step: 'forced', attempt: 2, cause: 'tools_absent' },
  ));

it.each<Row>([
  [
    'a guest that cannot be asked any more is forced by trySoft',
    rejected('busy'),
    { reading: toolsless, now: later(10) },
    { step: 'forced', attempt: 1, cause: 'tools_absent' },
  ],
  ['soft forces nothing', { request: soft, ...rejected('tools_unavailable') }, {}, { type: 'Fail' }],
  ['force that is refused is not forced again', rejected('invalid_power_state', 'forced'), {}, { type: 'Fail' }],
  [
    'the words of the provider are kept',
    { request: start, ...rejected('invalid_power_state', 'start') },
    { reading: off },
    { type: 'Fail', fault: { code: 'invalid_power_state', detail: 'its words' } },
  ],
])('after a call that was refused: %s', judged);

it.each(['certificate_refused', 'connection_blocked', 'not_permitted'])(
  'nothing is waited for when no look will mend it: %s',
  (code) => judged('', {}, fault(code), { type: 'Fail', fault: { code } }),
);

it('what may have been taken is waited for, though the account may not see the machine any more', () =>
  judged('', sent, fault('not_permitted'), null));

it('a wait for tools is one wait', () =>
  judged(
    '',
    { request: start, phase: { is: 'waiting', step: 'start', attempt: 1, taken: 'start' } },
    { reading: toolsless },
    null,
  ));

const earlier = { op: 0, firstFact: 1, until: later(100), bootAt: null };
it.each<[string, Partial<OpenOperation>, number[]]>([
  ['its deadline', { request: soft }, [300]],
  ['of a restart too', { request: restart }, [300]],
  ['the end of the share of the guest', {}, [300, 240]],
  ['when a call is sent again', { request: soft, ...rejected('busy') }, [300, 10]],
  ['when it is no longer waited for', { request: restart, ...unclear(60) }, [300, 60]],
  ['none where nothing is waited for', { request: soft, ...unclear() }, [300]],
  ['none of a call that was taken', { request: soft, ...sent }, [300]],
  ['until when an earlier guest may stop it', { request: start, earlier }, [300, 100]],
  ['not after it was started', { request: start, earlier, ...rejected('busy', 'start') }, [300, 10]],
])('decides anew at %s', (_name, state, seconds) => expect(moments(open(state))).toEqual(seconds.map(later)));
