import { never, reject, type BulkId, type Decider, type Instant, type Rejection, type VmId } from '@drover/kernel';
import { end, type EndCommand, type EndRefused } from './decide/power-ends.js';
import { timed, workOn, type WorkCommand } from './decide/power-work.js';
import { evolve } from './evolve.js';
import { againstMatrix, type MatrixRefusal, type Viewed } from './power-matrix.js';
import { powerOperation, untouched, type Power, type Wish } from './power.js';
import type { PowerFact } from './power.events.js';

/** A wish. No provider is asked: what only the provider knows is judged by the policy's look. Time comes in as data. */
export interface Ask {
  readonly type: 'Ask';
  readonly vmId: VmId;
  /** What the machine is called, for whoever reads a refusal. */
  readonly name: string;
  readonly wish: Wish;
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
  readonly hindrance: Rejection<Hindrance> | null;
  /** Ordinals up to this one may have been given to operations that were lost. */
  readonly spent?: number;
}

/** A wish; news of the work on it; its end by other means. */
export type PowerCommand = Ask | WorkCommand | EndCommand;

/** What stands against a wish outside of the stream: the machine is gone, its connection is blocked, … */
export type Hindrance =
  'vm_gone' | 'vm_not_ready' | 'connection_blocked' | 'confirmation_required' | 'version_mismatch' | 'view_unreadable';

/** Why power says no. */
export type PowerRefusal = 'operation_in_progress' | 'cooldown' | MatrixRefusal | Hindrance | EndRefused;

/** For how long a machine is not restarted again. */
export const COOL_SECONDS = 600;

const cooling = ({ restarted }: Power, { wish, reasoned, sinceRestart = 0 }: Ask): Rejection<'cooldown'> | null => {
  if (wish.kind !== 'restart' || restarted === null || (wish.mode === 'hard' && reasoned)) return null;
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
  stopping !== null && mayStopFor > 0 ? { earlier: stopping.op } : {};

const requested = (power: Power, { wish, deadline, bulkId, mayStopFor, spent = 0 }: Ask): PowerFact => {
  const op = Math.max(power.op, spent) + 1; // none that an operation may have had that was lost
  const from = { scheduleId: null, bulkId };
  switch (wish.kind) {
    case 'power-off': {
      const { mode, gracefulUntil } = wish;
      return { type: 'PowerOffRequested', op, mode, deadline, gracefulUntil, runId: null, ...from };
    }
    case 'power-on':
      return {
        ...{ type: 'PowerOnRequested', op, waitForTools: wish.waitForTools, deadline, runId: null, ...from },
        ...earlierOf(power, mayStopFor),
      };
    case 'restart':
      return { type: 'RestartRequested', op, mode: wish.mode, deadline, alarmId: null, ...from };
    default:
      return never(wish);
  }
};

/** What speaks against it by the view, which says of which moment that is. */
const tried = ({ wish, view }: Ask): Rejection<MatrixRefusal> | null => {
  const refused = view && againstMatrix(wish, view);
  return refused && { ...refused, because: `${refused.because} Nothing was sent.`, asOf: view.observedAt };
};

/** Grants a wish, or says what stands against it. */
const ask = (power: Power, command: Ask): readonly PowerFact[] | Rejection<PowerRefusal> => {
  const { vmId, name, hindrance } = command;
  if (hindrance) return hindrance;
  if (power.is === 'open') {
    const because = `Another power operation of ${name} runs. Nothing was sent.`;
    return reject('operation_in_progress', because, { see: powerOperation(vmId, power.op), vmId });
  }
  const refused = tried(command) ?? cooling(power, command);
  return refused ? { ...refused, because: `${name}: ${refused.because}`, vmId } : [requested(power, command)];
};

/** The rules of the stream `power-<vmId>`. Time, epochs and readings come in as data. */
export const powerDecider: Decider<PowerCommand, PowerFact, Power, PowerRefusal> = {
  initial: untouched,
  evolve,
  decide(command, power) {
    switch (command.type) {
      case 'Ask':
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
