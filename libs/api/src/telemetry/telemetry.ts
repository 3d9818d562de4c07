// The log and the metrics of a process, together, for whoever is seen by them. Never: needed; a process that nobody watches
// does the same.
import type { Log, Metrics } from '@drover/ports';

/** How a process is seen from outside. */
export interface Telemetry {
  readonly log: Log;
  readonly metrics: Omit<Metrics, 'text'>;
}

const nothing = () => {};

/** Of a process that nobody watches. */
export const unseen: Telemetry = {
  log: { error: nothing, warn: nothing, info: nothing, debug: nothing, writes: () => false },
  metrics: { counter: () => ({ add: nothing }), histogram: () => ({ observe: nothing }), gauge: nothing },
};
