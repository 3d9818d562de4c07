import { reject, type BulkId, type Decider, type Instant, type Rejection, type VmId } from '@drover/kernel';
import { end, type EndCommand, type EndRefused } from './power-ends.js';
import { timed, workOn, type WorkCommand } from './power-work.js';
import { evolve } from './evolve.js';
import type { MatrixRefusal, Viewed } from './power-matrix.js';
import { againstMatrix, recordedRequest } from './power-verbs.js';
import { powerOperation, initialPower, type Power } from './power.js';
import type { PowerFact, PowerRequest } from './power.events.js';

/** A request. No provider is asked: what only the provider knows is judged by the policy's look. Time comes in as data. */
export interface RequestPower {
  readonly type: 'RequestPower';
  readonly vmId: VmId;
  /** What the machine is called, for whoever reads a refusal. */
  readonly name: string;
  readonly request: PowerRequest;
  /** Seconds since the last restart, on a clock that nobody sets; none where it has only just been. */
  readonly sinceRestart?: number;
  /** For how many seconds a guest that a cancelled request has asked may still stop; none where it has only just been. */
  readonly mayStopFor?: number;
  readonly deadline: Instant;
  readonly bulkId: BulkId | null;
  /** What the view says, for a request that is only tried; any other is not judged by it. */
  readonly view: (Viewed & { readonly observedAt: Instant }) | null;
  /** Whether the asker said why. */
  readonly reasoned: boolean;
  readonly failedPrecondition: Rejection<PreconditionCode> | null;
  /** Ordinals up to this one may have been given to operations that were lost. */
  readonly spent?: number;
}

/** A request; news of the work on it; its end by other means. */
export type PowerCommand = RequestPower | WorkCommand | EndCommand;

/** What stands against a request outside of the stream: the machine is gone, its connection is blocked, … */
export type PreconditionCode =
  'vm_gone' | 'vm_not_ready' | 'connection_blocked' | 'confirmation_required' | 'version_mismatch' | 'view_unreadable';

/** Why power says no. */
export type PowerRefusal = 'operation_in_progress' | 'cooldown' | MatrixRefusal | PreconditionCode | EndRefused;

/** For how long a machine is not restarted again. */
export const COOL_SECONDS = 600;

const cooling = (
  { restarted }: Power,
  { request, reasoned, sinceRestart = 0 }: RequestPower,
): Rejection<'cooldown'> | null => {
  if (request.kind !== 'restart' || restarted === null || (request.mode === 'hard' && reasoned)) return null;
  const left = COOL_SECONDS - sinceRestart;
  if (left <= 0) return null;
  const how = restarted.proven
    ? `It was restarted at ${restarted.at}`
    : `It may have been restarted at ${restarted.at}, which nobody could verify`;
  const because = `${how}, less than ten minutes ago. Nothing was sent.`;
  return reject('cooldown', because, { retryAfterSeconds: Math.ceil(left) });
};

/** The cancelled operation whose guest may still stop the machine. */
const earlierOf = ({ stopping }: Power, mayStopFor = Infinity) =>
  stopping !== null && mayStopFor > 0 ? stopping.op : null;

const requested = (power: Power, { request, deadline, bulkId, mayStopFor, spent = 0 }: RequestPower): PowerFact => {
  const op = Math.max(power.op, spent) + 1; // none that an operation may have had that was lost
  return recordedRequest(request, { op, deadline, bulkId, earlier: earlierOf(power, mayStopFor) });
};

/** What speaks against it by the view, which says of which moment that is. */
const tried = ({ request, view }: RequestPower): Rejection<MatrixRefusal> | null => {
  const refused = view && againstMatrix(request, view);
  return refused && { ...refused, because: `${refused.because} Nothing was sent.`, asOf: view.observedAt };
};

/** Grants a request, or says what stands against it. */
const ask = (power: Power, command: RequestPower): readonly PowerFact[] | Rejection<PowerRefusal> => {
  const { vmId, name, failedPrecondition } = command;
  if (failedPrecondition) return failedPrecondition;
  if (power.is === 'open') {
    const because = `Another power operation of ${name} runs. Nothing was sent.`;
    return reject('operation_in_progress', because, { see: powerOperation(vmId, power.op), vmId });
  }
  const refused = tried(command) ?? cooling(power, command);
  return refused ? { ...refused, because: `${name}: ${refused.because}`, vmId } : [requested(power, command)];
};

/** The rules of the stream `power-<vmId>`. Time, epochs and readings come in as data. */
export const powerDecider: Decider<PowerCommand, PowerFact, Power, PowerRefusal> = {
  initial: initialPower,
  evolve,
  decide(command, power) {
    switch (command.type) {
      case 'RequestPower':
        return ask(power, command);
      case 'Cancel':
      case 'Mark':
      case 'Settle':
        return end(power, command);
      default:
        // Late news, and news of a lost lease, add nothing.
        return power.is === 'idle' || power.op !== command.op ? [] : timed(workOn(power, command), command);
    }
  },
};
