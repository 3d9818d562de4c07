// Hears from readings which machines were not found, so that a listing judges whether they are gone. Never: gone by a
// reading; a reference may have changed.
import type { VmId } from '@drover/kernel';
import type { MachineCatalog, ReadCounter } from '@drover/ports';
import { connectionStream } from '../../domain/connection.js';
import { sourceOf } from './source-of.js';
import { doubt } from './listing-schedule.js';
import type { DiscoveryPorts } from './discovery-ports.js';

type RemovalPorts = Pick<DiscoveryPorts, 'connections' | 'known' | 'registry' | 'recorder' | 'runtime' | 'jobs'> & {
  readonly reads: ReadCounter;
};

/** Somebody looked for a machine by its UUID and did not find it: a listing that begins from now on says whether it went. */
export const notFound = async (vmId: VmId, { known, recorder, reads, ...ports }: RemovalPorts) => {
  const row = await known.get(vmId);
  if (!row || row.connectionId === null || row.life.is === 'retired' || row.life.is === 'expected') return;
  recorder.wasRemoved(vmId, reads.next()); // the order of its arrival
  doubt(ports, row.connectionId);
};

/** A catalog that notes each machine that a reading did not find. */
export const catalogHearingRemovals = (catalog: MachineCatalog, ports: RemovalPorts): MachineCatalog => ({
  ...catalog,
  read: async (target, keys, signal) => {
    const found = await catalog.read(target, keys, signal);
    const there = new Set(found.map(({ key }) => key.toLowerCase()));
    const lost = keys.filter((uuid) => !there.has(uuid.toLowerCase()));
    const { state } = await ports.connections.load(connectionStream(target.id));
    if (lost.length === 0 || state.is === 'unknown') return found;
    const named = lost.map((key) => ({ key: key.toLowerCase() }));
    for (const { vmId } of await sourceOf(target.id, state, ports.registry).identify(named))
      await notFound(vmId, ports);
    return found;
  },
});
