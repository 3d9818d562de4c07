import { never, reject, type Instant, type Rejection } from '@drover/kernel';
import type { Marked, PowerFact, Reading } from '../power.events.js';
import type { Open, Power } from '../power.js';
import { confirmed } from './power-work.js';
import { looked } from './work-facts.js';

/** What people do with an operation, and what a look at one whose outcome was unknown has found. */
export type EndCommand =
  | { readonly type: 'Cancel'; readonly op: number }
  | { readonly type: 'Mark'; readonly op: number; readonly outcome: Marked }
  | {
      readonly type: 'Settle';
      readonly op: number;
      readonly reading: Reading;
      readonly requestedAt: Instant;
      readonly durationSeconds: number;
    };

/** Why an end is not to be had. */
export type EndRefused = 'not_cancellable' | 'wrong_state';

type Decision = readonly PowerFact[] | Rejection<EndRefused>;

/** Whether something is left that can be kept from happening: a retry, force after the guest's share, a wait. */
export const cancellable = ({ phase, wish }: Open) =>
  phase.is === 'asked' ||
  phase.is === 'rejected' ||
  phase.is === 'waiting' ||
  (phase.is === 'sent' && phase.step === 'graceful' && wish.kind === 'power-off' && wish.gracefulUntil !== null);

const cancel = (power: Power, op: number): Decision => {
  if (power.is === 'idle' || power.op !== op) return reject('not_cancellable', 'It has ended. Nothing was done.');
  if (power.cancelling) return [];
  if (!cancellable(power)) {
    const step = power.phase.is === 'asked' ? 'verify' : power.phase.step;
    return reject(
      'not_cancellable',
      `The step ${step} is with the provider, and a call cannot be taken back. Nothing was done.`,
    );
  }
  const { phase, acted } = power;
  const requested: PowerFact = { type: 'CancelRequested', op };
  // Nothing of it was sent, so there is nothing to look at: it ends now. Else the next look ends it.
  const now = acted === null && (phase.is === 'asked' || phase.is === 'rejected');
  const step = phase.is === 'asked' ? 'verify' : phase.step;
  return now ? [requested, { type: 'PowerOperationCancelled', op, step }] : [requested];
};

const mark = ({ doubts }: Power, op: number, outcome: Marked): Decision => {
  const doubt = doubts.find((each) => each.op === op);
  if (!doubt || (doubt.marked && doubt.marked !== outcome))
    return reject('wrong_state', 'Only an outcome that is unknown can be marked, and once. Nothing was done.');
  return doubt.marked ? [] : [{ type: 'PowerOperationMarked', op, outcome }];
};

/** A restart without proof stays unknown: that the machine runs says nothing. On and off are told by the state. */
const settle = (power: Power, { op, reading, ...when }: Extract<EndCommand, { type: 'Settle' }>): Decision => {
  if (power.is === 'open' || power.op !== op || !power.unread) return [];
  const { unread } = power;
  const proven = confirmed(unread, { op, reading, ...when });
  if (proven.length > 0) return proven;
  const look = looked(unread, reading);
  return unread.wish.kind === 'restart'
    ? look
    : [...look, { type: 'PowerOperationExpired', op, lastObserved: reading.power }];
};

/** Ends an operation otherwise than by its work. */
export const end = (power: Power, command: EndCommand): Decision => {
  switch (command.type) {
    case 'Cancel':
      return cancel(power, command.op);
    case 'Mark':
      return mark(power, command.op, command.outcome);
    case 'Settle':
      return settle(power, command);
    default:
      return never(command);
  }
};
