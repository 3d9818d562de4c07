// Numbers the readings of a process in the order in which they were sent. Never: a number taken when the answer comes.
import type { ProcessRunId, ReadOrder } from '@drover/kernel';

/** Numbers what one process run reads, whichever of its adapters reads it. */
export interface ReadCounter {
  /** The run whose readings it numbers. */
  readonly run: ProcessRunId;
  /** Called in the moment at which a request is sent; each answer carries what its request was given. */
  next(): ReadOrder;
  /** The number given last. A reading with a higher one was sent later than this call. */
  last(): number;
}

/** A counter for a run, which is named differently at every start. */
export const readCounter = (run: ProcessRunId): ReadCounter => {
  let n = 0;
  return { run, next: () => ({ run, n: ++n }), last: () => n };
};
