// What the ports of a simulated site share, and how they wait. Never: an answer about machines that are not made yet; they
// would be missing.
import type { ConnectionId } from '@drover/kernel';
import { ProviderFault, sleep, type Clock, type ReadCounter } from '@drover/ports';
import type { Faults } from '../steering/faults.simulator.js';
import type { Gradual } from './gradual.simulator.js';
import type { Latency } from './latency.simulator.js';
import type { World } from './world.simulator.js';

/** What the simulated providers are made of. */
export interface Site {
  readonly clock: Clock;
  readonly world: World;
  readonly faults: Faults;
  readonly latency: Latency;
  readonly reads: ReadCounter;
  /** How far its machines are made. */
  readonly setUp: Pick<Gradual, 'done' | 'isDone'>;
}

const givenUp = (sent: 'no' | 'maybe', cause?: unknown) =>
  new ProviderFault('no_answer', 'The call was given up before it was answered.', sent, { cause });

/** Waits until all machines stand: one that is not made yet is not missing. */
export const untilSetUp = async ({ done }: Site['setUp'], signal: AbortSignal) => {
  const failed = (cause: unknown) => {
    throw new ProviderFault('provider_error', 'The simulated sites could not be set up.', 'no', { cause });
  };
  if (signal.aborted) throw givenUp('no');
  let giveUp = () => {};
  const gone = new Promise<never>((_, fail) => {
    giveUp = () => fail(givenUp('no'));
    signal.addEventListener('abort', giveUp);
  });
  await Promise.race([done.catch(failed), gone]).finally(() => signal.removeEventListener('abort', giveUp));
};

/** Waits on the site's clock. A caller that hangs up gets no answer, and does not know more than that. */
export const pause = async (clock: Clock, ms: number, signal: AbortSignal, sent: 'no' | 'maybe') => {
  if (!signal.aborted && ms === 0) return;
  try {
    await sleep(clock, ms, signal);
  } catch (cause) {
    throw givenUp(sent, cause);
  }
};

/** Nobody answers at a site. */
export const unreachable = (id: ConnectionId) =>
  new ProviderFault('provider_unreachable', `${id} refuses the connection.`);
