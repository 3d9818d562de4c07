import { expect, it } from '@jest/globals';
import { powerDecider as d } from './power.decider.js';
import type { PowerFact } from './power.events.js';
import {
  offRequested,
  restartRequested,
  onRequested,
  begun,
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
  sent,
  tried,
  unclear,
  unknown,
  working,
} from './testing.js';

const cancel = { type: 'Cancel', op, at: later(9) } as const;
const cancelled: PowerFact = { type: 'CancelRequested', op };
it('what nobody worked on is cancelled at once', () => {
  const end = { type: 'PowerOperationCancelled', op, step: 'verify', cancelledAt: later(9) } as const;
  expect(given(offRequested).when(cancel)).toEqual([cancelled, end]);
  expect(given(offRequested, cancelled, end).when(cancel)).toMatchObject({ rejected: 'not_cancellable' });
});
it('a retry is called off', () =>
  expect(working(rejected).when(cancel)).toEqual([
    cancelled,
    { type: 'PowerOperationCancelled', op, step: 'graceful', cancelledAt: later(9) },
  ]));
it.each([[[]], [[sent]], [[unclear]]])('K20: a guest that was asked is not waited for (%j)', (more) => {
  const past = [offRequested, lease, lookFinished(1, on), begun, ...more];
  const end = { type: 'PowerOperationCancelled', step: 'graceful', cancelledAt: later(9), guestAsked: true };
  expect((given(...past).when(cancel) as PowerFact[]).at(-1)).toMatchObject(end);
  expect((given(tried, ...past.slice(1)).when(cancel) as PowerFact[]).at(-1)).toMatchObject({ ...end, step: 'forced' });
});
it.each([[[]], [[sent]], [[unclear]], [[unclear, rejected]]])(
  'a call that asks no guest cannot be taken back (%j)',
  (more) => {
    const forced = [begun, ...more].map((fact) => ({ ...fact, step: 'forced' }) as PowerFact);
    expect(given(offRequested, lease, lookFinished(1, on), ...forced).when(cancel)).toMatchObject({
      rejected: 'not_cancellable',
    });
  },
);
it('a wait for tools that was cancelled ends with the next look; twice adds nothing', () => {
  const start = [
    { ...begun, step: 'start' },
    { ...sent, step: 'start' },
    { ...begun, step: 'wait-tools' },
  ] as PowerFact[];
  const past = [onRequested, lease, lookFinished(1, off), ...start];
  expect(given(...past).when(cancel)).toEqual([cancelled]);
  expect(given(...past, cancelled).when(cancel)).toEqual([]);
  expect(given(...past, cancelled).when({ type: 'CallOff', op, epoch, look: read(on) })).toMatchObject([
    { step: 'wait-tools' },
    { type: 'PowerOperationCancelled', step: 'wait-tools' },
  ]);
  expect(given(...past).when({ type: 'CallOff', op, epoch, look: read(on) })).toEqual([]);
});

const mark = { type: 'Mark', op, outcome: 'succeeded' } as const;
const marked: PowerFact = { type: 'PowerOperationMarked', op, outcome: 'succeeded' };
it('an outcome that is unknown is marked, and once', () => {
  expect(working(sent, unknown).when(mark)).toEqual([marked]);
  expect(working(sent, unknown, marked).when(mark)).toEqual([]);
  expect(working(sent, unknown, marked).when({ ...mark, outcome: 'failed' })).toMatchObject({
    rejected: 'wrong_state',
  });
  expect(working(sent).when(mark)).toMatchObject({ rejected: 'wrong_state' });
});
it('an older one is marked while another runs, and that changes nothing for it', () => {
  const past = [offRequested, lease, lookFinished(1, on), begun, sent, unknown, { ...offRequested, op: 2 }] as const;
  expect(given(...past).when(mark)).toEqual([marked]);
  expect([...past, marked].reduce(d.evolve, d.initial)).toMatchObject({ is: 'open', op: 2 });
});
it('late facts of an older one change nothing for the one that runs', () => {
  const past = [offRequested, lease, lookFinished(1, on), begun, sent, unknown, { ...offRequested, op: 2 }] as const;
  const before = past.reduce(d.evolve, d.initial);
  expect(d.evolve(before, sent)).toEqual({ ...before, facts: before.facts + 1 });
});
it('a second look settles what nobody could read', () => {
  const settle = { type: 'Settle', op, reading: off, durationSeconds: 5 } as const;
  expect(working(sent, unknown).when(settle)).toEqual([lookFinished(2, off), done]);
  expect(working(sent, unknown, lookFinished(2, off), done).when(settle)).toEqual([]);
  expect(working(sent, unknown).when({ ...settle, reading: on })).toMatchObject([
    {},
    { type: 'PowerOperationExpired' },
  ]);
  expect(working(sent).when(settle)).toEqual([]);
  const back = given(restartRequested, lease, lookFinished(1, on), begun, unclear, unknown);
  expect(back.when({ ...settle, reading: on })).toMatchObject([{ step: 'verify' }]); // running proves nothing
  expect(back.when({ ...settle, reading: reading({ bootAt: later(9) }) })).toMatchObject([{}, { type: 'VmRestarted' }]);
});
