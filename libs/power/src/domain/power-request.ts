// The rules for a request: who may make it, and what speaks against it. Time and readings come in as data. Never: judge by
// what only a provider knows; the policy's fresh look does that before every step.
import { reject } from '@drover/kernel';
import type { BulkId, Instant, Mode, Rejection, Right, VmId } from '@drover/kernel';
import { cooling } from './cool-down.js';
import { recordedRequest, type PowerRequest, type Requested } from './power-request.events.js';
import { powerOperation } from './power.events.js';
import type { Power } from './power.js';
import { againstView, type DatedView, type MatrixRefusal } from './power-verbs.js';

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
  readonly view: DatedView | null;
  /** Whether the asker said why. */
  readonly reasoned: boolean;
  readonly failedPrecondition: Rejection<PreconditionCode> | null;
  /** Ordinals up to this one may have been given to operations that were lost. */
  readonly spent?: number;
}

/** What stands against a request outside of the stream: the machine is gone, its connection is blocked, … */
export type PreconditionCode =
  'vm_gone' | 'vm_not_ready' | 'connection_blocked' | 'confirmation_required' | 'version_mismatch' | 'view_unreadable';

/** Why a request is refused. */
export type RequestRefusal = 'operation_in_progress' | 'cooldown' | MatrixRefusal | PreconditionCode;

const RIGHTS = { soft: ['vm:operate'], trySoft: ['vm:operate', 'vm:force'], hard: ['vm:force'] } as const;
/** Asking the guest takes one right, force another, `trySoft` both: it may end in force. Without modes: the first. */
export const rightsFor = (mode: Mode | null): readonly Right[] => RIGHTS[mode ?? 'soft'];

/** Grants a request, or says what stands against it. */
export const requested = (power: Power, command: RequestPower): readonly [Requested] | Rejection<RequestRefusal> => {
  const { vmId, name, failedPrecondition, deadline, bulkId, mayStopFor = Infinity, spent = 0 } = command;
  if (failedPrecondition) return failedPrecondition;
  if (power.is === 'open') {
    const because = `Another power operation of ${name} runs. Nothing was sent.`;
    return reject('operation_in_progress', because, { see: powerOperation(vmId, power.op), vmId });
  }
  const { request, view } = command;
  const refusal =
    (view && againstView(request, view)) ??
    (request.kind === 'restart' ? cooling(power.restarted, request.mode, command) : null);
  if (refusal) return { ...refusal, because: `${name}: ${refusal.because}`, vmId };
  const op = Math.max(power.op, spent) + 1; // none that an operation may have had that was lost
  const earlier = power.stopping !== null && mayStopFor > 0 ? power.stopping.op : null;
  return [recordedRequest(request, { op, deadline, bulkId, earlier })];
};
