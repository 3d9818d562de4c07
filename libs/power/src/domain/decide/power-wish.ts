import { Instant, reject, type BulkId, type Rejection, type Seen, type VmId } from '@drover/kernel';
import type { PowerFact } from '../power.events.js';
import { powerOperation, type Power, type Wish } from '../power.js';
import { againstMatrix, type MatrixRefusal } from '../way.js';

/** What stands against a wish outside of the stream: the machine is gone, its connection is blocked, … */
export type Hindrance =
  'vm_gone' | 'vm_not_ready' | 'connection_blocked' | 'confirmation_required' | 'version_mismatch';

/** A wish. It is judged on what was seen last; no provider is asked. Time comes in as data. */
export interface Ask {
  readonly type: 'Ask';
  readonly vmId: VmId;
  readonly wish: Wish;
  readonly at: Instant;
  readonly deadline: Instant;
  readonly bulkId: BulkId | null;
  /** What the directory says. */
  readonly seen: Seen | null;
  /** Whether the asker said why. */
  readonly reasoned: boolean;
  readonly hindrance: Rejection<Hindrance> | null;
}

/** Why a wish is not granted. */
export type WishRefused = 'operation_in_progress' | 'cooldown' | MatrixRefusal | Hindrance;

const COOL_SECONDS = 600;

const cooling = ({ restartedAt }: Power, { wish, at, reasoned }: Ask) => {
  if (wish.kind !== 'restart' || restartedAt === null || (wish.mode === 'hard' && reasoned)) return null;
  const left = COOL_SECONDS - Instant.msBetween(restartedAt, at) / 1000;
  if (left <= 0) return null;
  const because = `It was restarted at ${restartedAt}, less than ten minutes ago. Nothing was sent.`;
  return reject('cooldown', because, { retryAfterSeconds: Math.ceil(left) });
};

const requested = (op: number, { wish, deadline, bulkId }: Ask): PowerFact => {
  const from = { scheduleId: null, bulkId };
  switch (wish.kind) {
    case 'power-off':
      return {
        type: 'PowerOffRequested',
        op,
        mode: wish.mode,
        deadline,
        gracefulUntil: wish.gracefulUntil,
        runId: null,
        ...from,
      };
    case 'power-on':
      return { type: 'PowerOnRequested', op, waitForTools: wish.waitForTools, deadline, runId: null, ...from };
    case 'restart':
      return { type: 'RestartRequested', op, mode: wish.mode, deadline, alarmId: null, ...from };
  }
};

/** The newer of two observations counts, our own or the directory's. */
const newest = (own: Seen | null, told: Seen | null) =>
  told && (!own || own.observedAt < told.observedAt) ? told : own;

/** Grants a wish, or says what stands against it. */
export const ask = (power: Power, command: Ask): readonly PowerFact[] | Rejection<WishRefused> => {
  const { vmId, wish, seen, hindrance } = command;
  if (hindrance) return hindrance;
  if (power.is === 'open') {
    const see = powerOperation(vmId, power.op);
    return reject('operation_in_progress', 'Another power operation of this machine runs. Nothing was sent.', {
      see,
      vmId,
    });
  }
  const last = newest(power.seen, seen);
  const refused = (last && againstMatrix(wish, last)) ?? cooling(power, command);
  return refused ? { ...refused, vmId } : [requested(power.op + 1, command)];
};
