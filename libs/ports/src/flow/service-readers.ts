// What reads for a service. Each group of views has a lease of its own, named after its shape: of all processes that have
// the group one writes it. One process of the service holds the lease of its readers: it reconciles, and it has the
// consumers that write something else than views. The others read what is written, and follow it. Never: two processes that
// write one group of views.
import type { Park } from './dead-letters.js';
import type { ReaderState } from './log-reader.js';
import { partReaders } from './part-readers.js';
import { partsOf, type ReaderPorts } from './reader-parts.js';
import type { CatchUp, ServiceFlow } from './service-flow.js';

/** The readers of a service, wherever they run. */
export interface ServiceReaders {
  /** Begins to ask for leases, and reads while they are held. */
  start(): void;
  /** Whether this process reads for the service, and reconciles. */
  isReading(): boolean;
  /**
   * Resolves when the views of this process have everything that was stored when this was called, whoever writes them; also
   * when it is stopped, and where a store lacks what it had, for nobody waits for that.
   */
  caughtUp(): Promise<void>;
  /** The same, but for what another service tells and nobody can read now: a service that is away keeps no other from starting. */
  caughtUpOrAway(): Promise<void>;
  /** How far its views have got of what there was at the start; null where nobody can say. */
  catchUp(): CatchUp | null;
  /** How the readers do; nothing where another process has them. */
  states(): Promise<readonly ReaderState[]>;
  readonly parks: readonly Park[];
  stop(): Promise<void>;
}

/** Nothing of a service is read before `start`. */
export const serviceReaders = (flow: ServiceFlow, ports: ReaderPorts): ServiceReaders => {
  const parts = partsOf(flow, ports).map((part) => partReaders(part, flow.leases, ports));
  const [main] = parts;
  return {
    start: () => parts.forEach((each) => each.start()),
    isReading: () => main?.isReading() ?? false,
    caughtUp: async () => void (await Promise.all(parts.map((each) => each.caughtUp()))),
    caughtUpOrAway: async () => void (await Promise.all(parts.map((each) => each.caughtUpOrAway()))),
    catchUp: () => main?.catchUp() ?? null,
    states: async () => (await Promise.all(parts.map((each) => each.states()))).flat(),
    parks: parts.flatMap((each) => each.parks),
    stop: async () => void (await Promise.all(parts.map((each) => each.stop()))),
  };
};
