// The lease that says that a process run is alive, named after the run. Never: held before its start, or believed without
// asking `isHeld` in the last line before an effect.
import type { ProcessRunId } from '@drover/kernel';
import type { Clock } from '../clock/clock.js';
import type { Lease, Leases } from './lease.js';

/** That a process run is alive: others that meet its name in a stream ask for it. */
export interface ProcessLease {
  /** This process, as one incarnation. */
  readonly run: ProcessRunId;
  /** Whether this process may act: asked in the last synchronous line before an effect. */
  isHeld(): boolean;
  /** Whether a run is alive, as far as this process has seen. */
  isAlive(run: ProcessRunId): Promise<boolean>;
  /** How often a run that is in the way is looked at. */
  readonly askAgainMs: number;
  /** Takes the lease; again and again, where it was lost. */
  start(): Promise<void>;
  stop(): void;
}

const nameOf = (run: ProcessRunId) => `process-${run}`;

/** The lease of this process, not held before `start`. */
export const processLease = (
  run: ProcessRunId,
  {
    leases,
    clock,
    report,
  }: { readonly leases: Leases; readonly clock: Clock; readonly report: (where: string, error: unknown) => void },
): ProcessLease => {
  let lease: Lease | null = null;
  let rest = () => {};
  let stopped = false;
  const hold = async () => {
    try {
      if (!lease?.isHeld()) lease = await leases.take(nameOf(run));
    } catch (error) {
      report('process lease', error);
    }
    if (!stopped) rest = clock.after(leases.askAgainMs, () => void hold());
  };
  return {
    run,
    isHeld: () => lease?.isHeld() ?? false,
    isAlive: (other) => leases.isAlive(nameOf(other), other),
    askAgainMs: leases.askAgainMs,
    start: hold,
    stop: () => {
      stopped = true;
      rest();
    },
  };
};
