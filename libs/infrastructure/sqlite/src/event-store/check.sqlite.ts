// Looks at everything that is stored, slowly and beside the work: damage in the middle is named before somebody needs what
// was there. Never: a stretch so long that others wait for it, or an end because the file was locked.
import { yieldToEventLoop } from '@drover/kernel';
import type { Clock } from '@drover/ports';
import { START, type Chain, type ChainFault } from './chain.sqlite.js';

const AT_ONCE = 100;
const REST_MS = 100;

/** A check under way. */
export interface SlowCheck {
  /** Everything up to this position was looked at. */
  upTo(): number;
  stop(): void;
}

/** Begins at the first commit and ends at the last. What cannot be looked at now is looked at later. */
export const slowCheck = (chain: Chain, clock: Clock, found: (fault: ChainFault) => void): SlowCheck => {
  let reached = START;
  let stopped = false;
  let cancel = clock.after(REST_MS, () => void turn());
  const turn = async () => {
    await yieldToEventLoop();
    if (stopped) return;
    let more = true;
    try {
      const seen = chain.look(reached, AT_ONCE);
      reached = seen.reached;
      ({ more } = seen);
      seen.faults.forEach(found);
    } catch {
      // Another process has a lock on the file, or the disk does not answer.
    }
    if (more) cancel = clock.after(REST_MS, () => void turn());
  };
  return {
    upTo: () => reached.position,
    stop: () => {
      stopped = true;
      cancel();
    },
  };
};
