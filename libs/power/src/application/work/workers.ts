// Who works on an operation: one worker of one process at a time, by a lease that stands in the stream. A worker goes on with
// what its own process left waiting; a step that was left begun is taken over under a new epoch. Never: two workers of one
// lease, or a takeover from a process that lives.
import { WorkerId, type VmId } from '@drover/kernel';
import type { JobQueue, ProcessLease, StreamsOf } from '@drover/ports';
import type { WorkReport } from '../../domain/power-work.js';
import type { powerDecider } from '../../domain/power.decider.js';
import { powerStream, type PowerFact } from '../../domain/power.events.js';
import type { OpenOperation } from '../../domain/power.js';

/** Someone who works on an operation: its name once it stands in the stream. */
export interface StepWorker {
  name: string | null;
}

/** What leases take. `record` appends what a report adds. */
export interface WorkerPorts {
  readonly powers: StreamsOf<typeof powerDecider>;
  readonly jobs: Pick<JobQueue, 'nudge'>;
  readonly process: ProcessLease;
}

/** The workers of this process. */
export interface Workers {
  /** The operation under this worker's lease; null when it is over, or another worker has it. */
  leased(vmId: VmId, worker: StepWorker): Promise<OpenOperation | null>;
  /** The worker ends its turn: the next one of this process may go on under its name. */
  left(worker: StepWorker): void;
}

/** Begins with no worker. `policy`: who is nudged to ask again where another may be at work. */
export const workersOf = (
  policy: string,
  { powers, jobs, process }: WorkerPorts,
  record: (vmId: VmId, report: WorkReport) => Promise<readonly PowerFact[]>,
): Workers => {
  /** Who works in this process now, by the names that stand in the streams. */
  const running = new Set<WorkerId>();
  let count = 0;

  /** Whether whoever is named in a stream works on it: a worker of this process, or one of a process that lives. */
  const isWorking = (holder: WorkerId): boolean | Promise<boolean> => {
    const run = WorkerId.run(holder);
    return run === process.run ? running.has(holder) : process.isAlive(run);
  };

  return {
    leased: async (vmId, worker) => {
      const { state } = await powers.load(powerStream(vmId));
      if (state.is === 'idle') return null;
      const { holder } = state;
      if (holder !== null && holder === worker.name) return state;
      if (!process.isHeld() || (holder !== null && (await isWorking(holder)))) {
        jobs.nudge(policy, vmId, process.askAgainMs);
        return null;
      }
      const goesOn =
        holder !== null && WorkerId.run(holder) === process.run && !running.has(holder) && state.phase.is !== 'started';
      const name = goesOn ? holder : WorkerId.of(process.run, ++count);
      worker.name = name;
      running.add(name);
      if (goesOn) return state;
      const taken = await record(vmId, { type: 'TakeLease', op: state.op, epoch: state.epoch, holder: name });
      if (taken.length === 0) return null;
      const after = await powers.load(powerStream(vmId));
      return after.state.is === 'open' ? after.state : null;
    },
    left: ({ name }) => {
      if (name !== null) running.delete(name);
    },
  };
};
