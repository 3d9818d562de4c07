import { ProviderFault, sleep, type Clock, type ReadCounter } from '@drover/ports';
import type { Faults } from './faults.simulator.js';
import type { Latency } from './latency.simulator.js';
import type { World } from './world.simulator.js';

/** What the simulated providers are made of. */
export interface Site {
  readonly clock: Clock;
  readonly world: World;
  readonly faults: Faults;
  readonly latency: Latency;
  readonly reads: ReadCounter;
}

/** Waits on the site's clock. A caller that hangs up gets no answer, and does not know more than that. */
export const pause = async (clock: Clock, ms: number, signal: AbortSignal, sent: 'no' | 'maybe') => {
  if (!signal.aborted && ms === 0) return;
  try {
    await sleep(clock, ms, signal);
  } catch (cause) {
    throw new ProviderFault('no_answer', 'The call was given up before it was answered.', sent, { cause });
  }
};

/** Nobody answers at a site. */
export const unreachable = (id: string) => new ProviderFault('provider_unreachable', `${id} refuses the connection.`);
