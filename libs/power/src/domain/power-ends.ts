import { assertNever, reject, type Instant, type Rejection } from '@drover/kernel';
import type { PowerFact } from './power.events.js';
import type { Marked, Reading } from './steps.js';
import { lastCall, type OpenOperation, type Power } from './power.js';
import { isSentOnce } from './power-verbs.js';
import { blank, cancelled, confirmed, looked } from './power-work.js';

/** What people do with an operation, and what a look at one whose outcome was unknown has found. */
export type EndCommand =
  | { readonly type: 'Cancel'; readonly op: number; readonly at: Instant }
  | { readonly type: 'Mark'; readonly op: number; readonly outcome: Marked }
  | {
      readonly type: 'Settle';
      readonly op: number;
      readonly reading: Reading;
      readonly durationSeconds: number;
    };

/** Why an end is not to be had. */
export type EndRefused = 'not_cancellable' | 'wrong_state';

type Decision = readonly PowerFact[] | Rejection<EndRefused>;

/**
 * Whether it can be called off: what was not sent yet, a wait, and a guest that was asked, which nobody has to wait for.
 * What may have been taken without asking a guest cannot.
 */
export const cancellable = (power: OpenOperation) => {
  const { phase } = power;
  return phase.is === 'waiting' || lastCall(power) === null || lastCall(power) === 'graceful';
};

/** A call that is on its way when nobody waits for it any more. */
const left = ({ phase, op }: OpenOperation): readonly PowerFact[] =>
  phase.is === 'started'
    ? [
        {
          ...{ type: 'StepFinished', op, step: phase.step, attempt: phase.attempt, ...blank, outcome: 'unknown' },
          detail: 'It was cancelled before the provider answered.',
        },
      ]
    : [];

const cancel = (power: Power, op: number, at: Instant): Decision => {
  if (power.is === 'idle' || power.op !== op) return reject('not_cancellable', 'It has ended. Nothing was done.');
  if (power.cancelling) return [];
  if (!cancellable(power)) {
    const step = power.phase.is === 'asked' ? 'verify' : power.phase.step;
    return reject(
      'not_cancellable',
      `The step ${step} is with the provider, and a call cannot be taken back. Nothing was done.`,
    );
  }
  const requested: PowerFact = { type: 'CancelRequested', op };
  // The wait for tools ends with a look, which says how the machine stands; everything else ends now.
  return power.phase.is === 'waiting' ? [requested] : [requested, ...left(power), cancelled(power, at)];
};

const mark = ({ unknownOutcomes }: Power, op: number, outcome: Marked): Decision => {
  const doubt = unknownOutcomes.find((each) => each.op === op);
  if (!doubt || (doubt.marked && doubt.marked !== outcome))
    return reject('wrong_state', 'Only an outcome that is unknown can be marked, and once. Nothing was done.');
  return doubt.marked ? [] : [{ type: 'PowerOperationMarked', op, outcome }];
};

/** What no state shows stays unknown without evidence: that a machine runs says nothing of a restart. The others are told by the state, if it can be read. */
const settle = (power: Power, { op, reading, ...when }: Extract<EndCommand, { type: 'Settle' }>): Decision => {
  if (power.is === 'open' || power.op !== op || !power.lastUnknown) return [];
  const { lastUnknown } = power;
  const proven = confirmed(lastUnknown, { op, reading, ...when });
  if (proven.length > 0) return proven;
  const look = looked(lastUnknown, reading);
  return isSentOnce(lastUnknown.request) || reading.power === 'unknown'
    ? look
    : [...look, { type: 'PowerOperationExpired', op, lastObserved: reading.power }];
};

/** Ends an operation otherwise than by its work. */
export const end = (power: Power, command: EndCommand): Decision => {
  switch (command.type) {
    case 'Cancel':
      return cancel(power, command.op, command.at);
    case 'Mark':
      return mark(power, command.op, command.outcome);
    case 'Settle':
      return settle(power, command);
    default:
      return assertNever(command);
  }
};
