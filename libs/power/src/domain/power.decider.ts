// What people may ask of a machine's power: how they end an operation, and the table of all commands. A request has a file of
// its own, `power-request.ts`, and so has the work, `power-work.ts`. Time, epochs and readings come in as data. Never: judge by
// what only a provider knows; the policy's fresh look does that before every step.
import { assertNever, reject } from '@drover/kernel';
import type { Decider, Instant, Rejection } from '@drover/kernel';
import type { PowerFact } from './power.events.js';
import { requested, type RequestPower, type RequestRefusal } from './power-request.js';
import type { Marked } from './power-step.events.js';
import { cancellable, evolve, initialPower, type OpenOperation, type Power } from './power.js';
import { blank, cancelled, settle, work, type SettleCommand, type WorkCommand } from './power-work.js';

/** What people do with an operation. */
export type EndCommand =
  | { readonly type: 'Cancel'; readonly op: number; readonly at: Instant }
  | { readonly type: 'Mark'; readonly op: number; readonly outcome: Marked };

/** A request; its end by a person; a report of the work on it, and of a later look. */
export type PowerCommand = RequestPower | EndCommand | WorkCommand | SettleCommand;

/** Why power says no. */
export type PowerRefusal = RequestRefusal | 'not_cancellable' | 'wrong_state';

type Decision = readonly PowerFact[] | Rejection<PowerRefusal>;

/** A call that is on its way when nobody waits for it any more. */
const leftBehind = ({ phase, op }: OpenOperation): readonly PowerFact[] =>
  phase.is === 'started'
    ? [
        {
          ...{ type: 'StepFinished', op, step: phase.step, attempt: phase.attempt, ...blank, outcome: 'unknown' },
          detail: 'It was cancelled before the provider answered.',
        },
      ]
    : [];

const cancel = (power: Power, { op, at }: Extract<EndCommand, { type: 'Cancel' }>): Decision => {
  if (power.is === 'idle' || power.op !== op) return reject('not_cancellable', 'It has ended. Nothing was done.');
  if (power.cancelling) return [];
  if (!cancellable(power)) {
    const step = power.phase.is === 'requested' ? 'verify' : power.phase.step;
    return reject(
      'not_cancellable',
      `The step ${step} is with the provider, and a call cannot be taken back. Nothing was done.`,
    );
  }
  const asked: PowerFact = { type: 'CancelRequested', op };
  // The wait for tools ends with a look, which says how the machine stands; everything else ends now.
  return power.phase.is === 'waiting' ? [asked] : [asked, ...leftBehind(power), cancelled(power, at)];
};

const mark = ({ unknownOutcomes }: Power, { op, outcome }: Extract<EndCommand, { type: 'Mark' }>): Decision => {
  const unknown = unknownOutcomes.find((each) => each.op === op);
  if (!unknown || (unknown.marked && unknown.marked !== outcome))
    return reject('wrong_state', 'Only an outcome that is unknown can be marked, and once. Nothing was done.');
  return unknown.marked ? [] : [{ type: 'PowerOperationMarked', op, outcome }];
};

/** The rules of the stream `power-<vmId>`. Late news, and news of a lost lease, add nothing. */
export const powerDecider: Decider<PowerCommand, PowerFact, Power, PowerRefusal> = {
  initial: initialPower,
  evolve,
  decide(command, power) {
    switch (command.type) {
      case 'RequestPower':
        return requested(power, command);
      case 'Cancel':
        return cancel(power, command);
      case 'Mark':
        return mark(power, command);
      case 'Settle':
        return settle(power, command);
      case 'Work':
        return work(power, command.report);
      default:
        return assertNever(command);
    }
  },
};
