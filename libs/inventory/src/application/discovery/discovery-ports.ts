// What all that discovers machines works with. Never: the catalog of a provider; only what lists, reads or watches gets
// that.
import type { Clock, JobQueue, StreamsOf, View } from '@drover/ports';
import type { connectionDecider } from '../../domain/connection.decider.js';
import type { ConnectionRow } from '../connections/connections.projection.js';
import type { KnownVm } from '../machines/vm-directory.projection.js';
import type { AliasRegistry } from '../identity/alias-registry.js';
import type { ObservationRecorder } from './observe-machines.js';
import type { RuntimeState } from './runtime-state.js';

/** What discoveries work with. */
export interface DiscoveryPorts {
  readonly connections: StreamsOf<typeof connectionDecider>;
  readonly known: View<KnownVm>;
  readonly registry: AliasRegistry;
  readonly rows: View<ConnectionRow>;
  readonly recorder: ObservationRecorder;
  readonly runtime: RuntimeState;
  readonly jobs: JobQueue;
  readonly clock: Clock;
}
