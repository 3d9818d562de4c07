import { expect, it } from '@jest/globals';
import { BulkId, reject } from '@drover/kernel';
import { rightsFor } from './power-request.js';
import { type PowerFact, powerOperation } from './power.events.js';
import type { Cause } from './power-step.events.js';
import {
  ask,
  offRequested,
  restartRequested,
  onRequested,
  at,
  begun,
  confirm,
  done,
  epoch,
  given,
  later,
  lease,
  lookFinished,
  off,
  on,
  op,
  read,
  reading,
  rejected,
  seen,
  sent,
  start,
  taken,
  tried,
  unclear,
  unknown,
  unreadFor,
  vmId,
  working,
  finish,
  late,
} from './testing.js';

it('a machine that is on can be asked off', () => expect(given().when(ask())).toEqual([offRequested]));
it.each([null, seen({ power: 'poweredOff' }), seen({ power: 'unknown', tools: 'unknown' })])(
  'what the last observation does not settle, the fresh look will (%j)',
  (last) => expect(given().when(ask({ view: last }))).toEqual([offRequested]),
);
it('a request of a bulk says so', () => {
  const bulkId = BulkId.create();
  expect(given().when(ask({ bulkId }))).toMatchObject([{ bulkId }]);
});
it('a second request sees the first', () =>
  expect(given(offRequested).when(ask())).toMatchObject({
    rejected: 'operation_in_progress',
    see: powerOperation(vmId, 1),
  }));
it('the next operation has the next number', () =>
  expect(working(sent, lookFinished(2, off), done).when(ask())).toMatchObject([{ op: 2 }]));
it.each(['vm_gone', 'connection_blocked', 'vm_not_ready', 'confirmation_required', 'version_mismatch'] as const)(
  'what stands against it outside refuses it: %s',
  (code) => expect(given().when(ask({ failedPrecondition: reject(code, 'x') }))).toMatchObject({ rejected: code }),
);
it.each([
  [seen({ power: 'suspended' }), 'vm_suspended'],
  [seen({ tools: 'unknown' }), 'tools_status_unknown'],
  [seen({ tools: 'toolsNotRunning' }), 'graceful_shutdown_not_possible'],
] as const)(
  'the matrix refuses what is only tried by the view, and the real one by the fresh look (%j)',
  (last, code) => {
    expect(given().when(ask({ view: last }))).toMatchObject({ rejected: code, vmId, asOf: at });
    const fresh = reading({ tools: last.tools });
    const refuse = { type: 'Refuse', op, epoch, reading: fresh, code, detail: 'x' } as const;
    expect(given(offRequested, lease).when(refuse)).toMatchObject([
      lookFinished(1, fresh),
      { type: 'PowerOperationRefused', code },
    ]);
    expect(working().when(refuse)).toEqual([]); // somebody is at a step
  },
);
it('a restart cools down for ten minutes, but for a hard one with a reason', () => {
  const back = { kind: 'restart', mode: 'soft' } as const;
  const proof = reading({ bootAt: later(20), observedAt: later(30) });
  const restarted: PowerFact = {
    type: 'VmRestarted',
    op,
    method: 'graceful',
    durationSeconds: 30,
    observedAt: later(30),
  };
  const past = given(restartRequested, lease, lookFinished(1, on), begun, sent, lookFinished(2, proof), restarted);
  expect(past.when(ask({ request: back, sinceRestart: 30 }))).toMatchObject({
    rejected: 'cooldown',
    retryAfterSeconds: 570,
  });
  expect(past.when(ask({ request: { ...back, mode: 'hard' }, sinceRestart: 30 }))).toMatchObject({
    rejected: 'cooldown',
  });
  expect(past.when(ask({ request: { ...back, mode: 'hard' }, sinceRestart: 30, reasoned: true }))).toHaveLength(1);
  expect(past.when(ask({ request: back, sinceRestart: 600 }))).toHaveLength(1);
  expect(past.when(ask({ sinceRestart: 30 }))).toHaveLength(1);
  expect(past.when(ask({ request: back }))).toMatchObject({ rejected: 'cooldown', retryAfterSeconds: 600 }); // only just
});
it.each([
  [unclear, 'cooldown'],
  [rejected, undefined],
])('a restart that may have been done cools down, one that surely was not does not', (last, code) => {
  const ended: PowerFact = { type: 'PowerOperationFailed', op, code: 'x', detail: 'x', lastObserved: 'poweredOn' };
  const again = ask({ request: { kind: 'restart', mode: 'soft' }, sinceRestart: 60 });
  expect(given(restartRequested, lease, lookFinished(1, on), begun, last, ended).when(again)).toMatchObject(
    code ? { rejected: code } : [{ op: 2 }],
  );
});

it('each lease has the next epoch, and one is taken once', () => {
  const take = { type: 'TakeLease', op, epoch: 0, holder: 'a' } as const;
  expect(given(offRequested).when(take)).toEqual([lease]);
  expect(given(offRequested, lease).when(take)).toEqual([]);
  expect(given(offRequested, lease).when({ ...take, epoch: 1, holder: 'b' })).toMatchObject([
    { epoch: 2, holder: 'b' },
  ]);
});
it('a step begins once, after a look', () => {
  expect(given(offRequested, lease).when(start)).toEqual([lookFinished(1, on), begun]);
  expect(working().when(start)).toEqual([]);
  expect(working(sent).when({ ...start, attempt: 2 })).toEqual([]);
});
it('whoever takes over ends the step that was left, and begins it again', () => {
  const over: PowerFact = { ...lease, epoch: 2, holder: 'b' };
  const again = { ...start, attempt: 2, epoch: 2 };
  expect(working(over).when(again)).toMatchObject([
    { type: 'StepFinished', attempt: 1, outcome: 'unknown', code: 'holder_lost' },
    lookFinished(2, on),
    { type: 'StepStarted', attempt: 2, epoch: 2 },
  ]);
  expect(working(over).when(taken)).toEqual([]); // news of a lost lease adds nothing
  expect(working(over, sent).when(again)).toEqual([]);
});
it('a restart is not sent again when it may have been taken', () => {
  const over: PowerFact = { ...lease, epoch: 2, holder: 'b' };
  const past = [restartRequested, lease, lookFinished(1, on), begun];
  expect(given(...past, over).when({ ...start, attempt: 2, epoch: 2 })).toEqual([]);
  expect(given(...past, unclear).when({ ...start, attempt: 2 })).toEqual([]);
  expect(given(...past, rejected).when({ ...start, attempt: 2 })).toHaveLength(2);
  const until = later(60);
  const abandon = { type: 'Abandon', op, epoch: 2, until } as const;
  expect(given(...past, over).when(abandon)).toMatchObject([{ outcome: 'unknown', nextAttemptAt: until }]);
  expect(given(...past).when({ ...abandon, epoch: 1 })).toEqual([]); // its own worker is at it
});
it('forced begins with its own attempt 1, and trySoft alone goes there', () => {
  const force = { ...start, step: 'forced', cause: 'graceful_timed_out' } as const;
  expect(given(tried, lease, lookFinished(1, on), begun, sent).when(force)).toEqual([
    lookFinished(2, on),
    { type: 'PowerOffEscalated', op, cause: 'graceful_timed_out', code: null },
    { ...begun, step: 'forced' },
  ]);
  expect(working(sent).when(force)).toEqual([]);
});
it('a guest is asked after force that was surely not taken, when there were no tools, and under a number of its own', () => {
  const forced = { ...begun, step: 'forced' } as PowerFact;
  const came = (cause: Cause, outcome: 'failed' | 'unknown', request = tried) =>
    given(
      ...[request, lease, lookFinished(1, on), { type: 'PowerOffEscalated', op, cause, code: null } as const, forced],
      {
        ...rejected,
        step: 'forced',
        outcome,
      } as PowerFact,
    );
  for (const request of [tried, restartRequested])
    expect(came('tools_absent', 'failed', request).when(start)).toEqual([lookFinished(2, on), begun]);
  expect(came('graceful_failed', 'failed').when(start)).toEqual([]);
  expect(came('tools_absent', 'unknown').when(start)).toEqual([]);
  const refusedOnce: PowerFact[] = [tried, lease, lookFinished(1, on), begun, rejected];
  const back = { type: 'PowerOffEscalated', op, cause: 'tools_absent', code: null } as const;
  const between = given(...refusedOnce, back, forced, { ...rejected, step: 'forced' } as PowerFact);
  expect(between.when(start)).toEqual([]);
  expect(between.when({ ...start, attempt: 2 })).toHaveLength(2);
});
it('a step ends once', () => {
  expect(working().when(taken)).toEqual([sent]);
  expect(working(sent).when(taken)).toEqual([]);
  const fault = { code: 'no_answer', detail: 'lost' };
  expect(working().when({ ...finish, outcome: 'unknown', fault })).toEqual([unclear]);
});
it('off is a fact when it was read, and once', () => {
  expect(working(sent).when(confirm)).toEqual([lookFinished(2, off), done]);
  expect(working(sent).when({ ...confirm, reading: on })).toEqual([]);
  expect(working(sent, lookFinished(2, off), done).when(confirm)).toEqual([]);
});
it('off without a call that may have been taken was off already', () => {
  const already = { method: 'already-off', previousState: 'poweredOff' };
  expect(given(offRequested, lease).when(confirm)).toMatchObject([lookFinished(1, off), already]);
  expect(working(rejected).when(confirm)).toMatchObject([{}, { method: 'already-off', previousState: 'poweredOn' }]);
});
it('tools are waited for once the machine is on', () => {
  const lacking = reading({ tools: 'toolsNotRunning' });
  const wait = { type: 'AwaitTools', op, epoch, reading: lacking } as const;
  const calls = [{ ...begun, step: 'start' } as const, { ...sent, step: 'start' } as const] as PowerFact[];
  const past = [onRequested, lease, lookFinished(1, off), ...calls];
  const waiting = { type: 'StepStarted', op, step: 'wait-tools', attempt: 1, epoch } as const;
  expect(given(...past).when(wait)).toEqual([lookFinished(2, lacking), waiting]);
  expect(given(...past, lookFinished(2, lacking), waiting).when(wait)).toEqual([]);
  expect(given(...past, lookFinished(2, lacking), waiting).when({ ...confirm, reading: on })).toMatchObject([
    { step: 'wait-tools', outcome: 'succeeded' },
    { type: 'VmPoweredOn', previousState: 'poweredOff', tools: 'toolsOk' },
  ]);
});
it('time runs out: expired where the state can be read, else unknown', () => {
  const fault = { code: 'provider_unreachable', detail: 'down' };
  expect(working(sent).when({ ...late, look: read(on) })).toMatchObject([
    { step: 'verify' },
    { type: 'PowerOperationExpired' },
  ]);
  expect(working(sent).when({ ...late, look: unreadFor(fault) })).toMatchObject([
    { step: 'verify', outcome: 'failed', ...fault },
    { type: 'PowerOperationUnknown', lastObserved: 'poweredOn' },
  ]);
  expect(working(sent, unknown).when({ ...late, look: read(on) })).toEqual([]);
});
it('nothing is given up that cannot have been done', () => {
  const giveUp = { type: 'GiveUp', op, epoch, look: read(on) } as const;
  expect(given(restartRequested, lease).when(giveUp)).toEqual([]);
  expect(given(restartRequested, lease, lookFinished(1, on), begun, unclear).when(giveUp)).toMatchObject([
    {},
    { type: unknown.type },
  ]);
});
it('a definite refusal of the provider ends it', () =>
  expect(
    working(rejected).when({
      type: 'Fail',
      op,
      epoch,
      look: read(on),
      fault: { code: 'tools_unavailable', detail: 'no' },
    }),
  ).toEqual([
    lookFinished(2, on),
    { type: 'PowerOperationFailed', op, code: 'tools_unavailable', detail: 'no', lastObserved: 'poweredOn' },
  ]));

it.each([
  [null, ['vm:operate']],
  ['soft', ['vm:operate']],
  ['trySoft', ['vm:operate', 'vm:force']],
  ['hard', ['vm:force']],
] as const)('%s takes %j', (mode, rights) => expect(rightsFor(mode)).toEqual(rights));
