// Which machines are to be read once more, gathered so that one request reads several. Never: stored; a session that begins
// reads all.
import type { ConnectionId } from '@drover/kernel';
import type { JobQueue } from '@drover/ports';

/** The job that reads once more the machines of a connection whose readings are in doubt. */
export const READ_AGAIN = 'read-again';
/** How long further doubts are waited for: one request settles them all. */
const TOGETHER_MS = 100;

/** The machines whose readings are in doubt. */
export interface DoubtedMachines {
  /** What is known of a machine is in doubt: it is read once more, soon, however often this is said meanwhile. */
  doubt(connectionId: ConnectionId, key: string): void;
  /** The machines to be read once more, by their keys. Who reads them takes them out. */
  readonly doubts: ReadonlyMap<ConnectionId, Set<string>>;
}

/** Nobody is in doubt yet. */
export const doubtedMachines = (jobs: Pick<JobQueue, 'nudge'>): DoubtedMachines => {
  const doubts = new Map<ConnectionId, Set<string>>();
  return {
    doubts,
    doubt: (id, key) => {
      doubts.set(id, (doubts.get(id) ?? new Set()).add(key));
      jobs.nudge(READ_AGAIN, id, TOGETHER_MS);
    },
  };
};
