// What people may ask of a machine's power: first a request, from top to bottom, then how they end an operation, then the
// table of all commands. Time, epochs and readings come in as data. Never: judge by what only a provider knows; the policy's
// fresh look does that before every step.
import { assertNever, reject } from '@drover/kernel';
import type { BulkId, Decider, Instant, Mode, Rejection, Right, VmId } from '@drover/kernel';
import { powerOperation, recordedRequest } from './power.events.js';
import type { Marked, PowerFact, PowerRequest, RequestOf } from './power.events.js';
import { cancellable, evolve, initialPower, type OpenOperation, type Power } from './power.js';
import { againstMatrix, type MatrixRefusal, type Viewed } from './power-verbs.js';
import { blank, cancelled, settle, work, type SettleCommand, type WorkCommand } from './power-work.js';

/** A request. */
export interface RequestPower {
  readonly type: 'RequestPower';
  readonly vmId: VmId;
  readonly name: string;
  readonly request: PowerRequest;
  readonly deadline: Instant;
  readonly bulkId: BulkId | null;
  /** Seconds since the last restart, on a clock that nobody sets; none where it has only just been. */
  readonly sinceRestart?: number;
  /** For how many seconds a guest that a cancelled request has asked may still stop; none where it has only just been. */
  readonly mayStopFor?: number;
  /** What the view says, for a request that is only tried; any other is not judged by it. */
  readonly view: (Viewed & { readonly observedAt: Instant }) | null;
  /** Whether the asker said why. */
  readonly reasoned: boolean;
  readonly failedPrecondition: Rejection<PreconditionCode> | null;
  /** Ordinals up to this one may have been given to operations that were lost. */
  readonly spent?: number;
}

/** What people do with an operation. */
export type EndCommand =
  | { readonly type: 'Cancel'; readonly op: number; readonly at: Instant }
  | { readonly type: 'Mark'; readonly op: number; readonly outcome: Marked };

/** A request; its end by a person; a report of the work on it, and of a later look. */
export type PowerCommand = RequestPower | EndCommand | WorkCommand | SettleCommand;

/** What stands against a request outside of the stream: the machine is gone, its connection is blocked, … */
export type PreconditionCode =
  'vm_gone' | 'vm_not_ready' | 'connection_blocked' | 'confirmation_required' | 'version_mismatch' | 'view_unreadable';

/** Why power says no. */
export type PowerRefusal =
  'operation_in_progress' | 'cooldown' | 'not_cancellable' | 'wrong_state' | MatrixRefusal | PreconditionCode;

const [operate, force] = ['vm:operate', 'vm:force'] as const;
const RIGHTS: Readonly<Record<Mode, readonly Right[]>> = { soft: [operate], trySoft: [operate, force], hard: [force] };

/** Asking the guest takes one right, force another; `trySoft` may end in force, so it takes both. A power-on has no mode. */
export const rightsFor = (mode: Mode | null): readonly Right[] => (mode === null ? [operate] : RIGHTS[mode]);

type Decision = readonly PowerFact[] | Rejection<PowerRefusal>;

/** For how long a machine is not restarted again. */
export const COOL_SECONDS = 600;

/** Grants a request, or says what stands against it. */
const requested = (power: Power, command: RequestPower): Decision => {
  const { vmId, name, failedPrecondition, deadline, bulkId, mayStopFor = Infinity, spent = 0 } = command;
  if (failedPrecondition) return failedPrecondition;
  if (power.is === 'open') {
    const because = `Another power operation of ${name} runs. Nothing was sent.`;
    return reject('operation_in_progress', because, { see: powerOperation(vmId, power.op), vmId });
  }
  const { request, view } = command;
  const refusal =
    (view && againstView(request, view)) ?? (request.kind === 'restart' ? cooling(power, request, command) : null);
  if (refusal) return { ...refusal, because: `${name}: ${refusal.because}`, vmId };
  const op = Math.max(power.op, spent) + 1; // none that an operation may have had that was lost
  const earlier = power.stopping !== null && mayStopFor > 0 ? power.stopping.op : null;
  return [recordedRequest(request, { op, deadline, bulkId, earlier })];
};

/** What speaks against it by the view, which says of which moment that is. */
const againstView = (
  request: PowerRequest,
  view: NonNullable<RequestPower['view']>,
): Rejection<MatrixRefusal> | null => {
  const refusal = againstMatrix(request, view);
  return refusal && { ...refusal, because: `${refusal.because} Nothing was sent.`, asOf: view.observedAt };
};

/** A machine that was restarted, or may have been, rests before the next restart. */
const cooling = (
  { restarted }: Power,
  { mode }: RequestOf<'restart'>,
  { reasoned, sinceRestart = 0 }: RequestPower,
): Rejection<'cooldown'> | null => {
  if (restarted === null || (mode === 'hard' && reasoned)) return null;
  const left = COOL_SECONDS - sinceRestart;
  if (left <= 0) return null;
  const how = restarted.proven
    ? `It was restarted at ${restarted.at}`
    : `It may have been restarted at ${restarted.at}, which nobody could verify`;
  const because = `${how}, less than ten minutes ago. Nothing was sent.`;
  return reject('cooldown', because, { retryAfterSeconds: Math.ceil(left) });
};

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
  const requested: PowerFact = { type: 'CancelRequested', op };
  // The wait for tools ends with a look, which says how the machine stands; everything else ends now.
  return power.phase.is === 'waiting' ? [requested] : [requested, ...leftBehind(power), cancelled(power, at)];
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
