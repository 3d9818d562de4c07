import {
  compareReads,
  Instant,
  never,
  recordedOrder,
  reject,
  type BulkId,
  type Decider,
  type Rejection,
  type VmId,
} from '@drover/kernel';
import { end, type EndCommand, type EndRefused } from './decide/power-ends.js';
import { timed, workOn, type WorkCommand } from './decide/power-work.js';
import { evolve } from './evolve.js';
import { againstMatrix, type MatrixRefusal } from './power-matrix.js';
import { powerOperation, untouched, type Observed, type Power, type Wish } from './power.js';
import type { PowerFact } from './power.events.js';

/** A wish. It is judged on what was seen last; no provider is asked. Time comes in as data. */
export interface Ask {
  readonly type: 'Ask';
  readonly vmId: VmId;
  /** What the machine is called, for whoever reads a refusal. */
  readonly name: string;
  readonly wish: Wish;
  readonly at: Instant;
  readonly deadline: Instant;
  readonly bulkId: BulkId | null;
  /** What the directory says. */
  readonly seen: Observed | null;
  /** Whether the asker said why. */
  readonly reasoned: boolean;
  readonly hindrance: Rejection<Hindrance> | null;
  /** Ordinals up to this one may have been given to operations that were lost. */
  readonly spent?: number;
}

/** A wish, judged on what was seen last; news of the work on it; its end by other means. */
export type PowerCommand = Ask | WorkCommand | EndCommand;

/** What stands against a wish outside of the stream: the machine is gone, its connection is blocked, … */
export type Hindrance =
  'vm_gone' | 'vm_not_ready' | 'connection_blocked' | 'confirmation_required' | 'version_mismatch' | 'view_unreadable';

/** Why power says no. */
export type PowerRefusal = 'operation_in_progress' | 'cooldown' | MatrixRefusal | Hindrance | EndRefused;

const COOL_SECONDS = 600;

const cooling = ({ restartedAt }: Power, { wish, at, reasoned }: Ask): Rejection<'cooldown'> | null => {
  if (wish.kind !== 'restart' || restartedAt === null || (wish.mode === 'hard' && reasoned)) return null;
  const left = COOL_SECONDS - Instant.msBetween(restartedAt, at) / 1000;
  if (left <= 0) return null;
  const because = `It was restarted at ${restartedAt}, less than ten minutes ago. Nothing was sent.`;
  return reject('cooldown', because, { retryAfterSeconds: Math.ceil(left) });
};

const requested = (op: number, { wish, deadline, bulkId }: Ask): PowerFact => {
  const from = { scheduleId: null, bulkId };
  switch (wish.kind) {
    case 'power-off': {
      const { mode, gracefulUntil } = wish;
      return { type: 'PowerOffRequested', op, mode, deadline, gracefulUntil, runId: null, ...from };
    }
    case 'power-on':
      return { type: 'PowerOnRequested', op, waitForTools: wish.waitForTools, deadline, runId: null, ...from };
    case 'restart':
      return { type: 'RestartRequested', op, mode: wish.mode, deadline, alarmId: null, ...from };
    default:
      return never(wish);
  }
};

/**
 * The newer of two observations, our own or the directory's, by their order in the run that read both. Of two runs the
 * directory's: what our stream holds was read by an earlier process, or inventory tells of it in a moment. Instants count
 * only between facts of the first release, which are older than any that are numbered.
 */
const newest = (own: Observed | null, told: Observed | null) => {
  if (!own || !told) return own ?? told;
  const [mine, others] = [recordedOrder(own), recordedOrder(told)];
  if (mine && others) return compareReads(mine, others) === 'later' ? own : told;
  if (mine ?? others) return mine ? own : told;
  return own.observedAt < told.observedAt ? told : own;
};

/** Grants a wish, or says what stands against it. */
const ask = (power: Power, command: Ask): readonly PowerFact[] | Rejection<PowerRefusal> => {
  const { vmId, name, wish, seen, hindrance } = command;
  if (hindrance) return hindrance;
  if (power.is === 'open') {
    const because = `Another power operation of ${name} runs. Nothing was sent.`;
    return reject('operation_in_progress', because, { see: powerOperation(vmId, power.op), vmId });
  }
  const last = newest(power.seen, seen);
  const refused = (last && againstMatrix(wish, last)) ?? cooling(power, command);
  return refused
    ? { ...refused, because: `${name}: ${refused.because}`, vmId }
    : [requested(Math.max(power.op, command.spent ?? 0) + 1, command)];
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
