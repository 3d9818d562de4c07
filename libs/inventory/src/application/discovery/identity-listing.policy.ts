// Lists the machines of a live connection by name every ten minutes, to notice a removal that its session did not tell of.
// It ends like a discovery; what is odd is listed in full. Never: record a reading from names, or run where no session is
// live.
import { yieldToEventLoop, ConnectionId, type Policy } from '@drover/kernel';
import { faultOf, type ProviderIdentity } from '@drover/ports';
import { connectionStream, isUsable, type KnownConnection } from '../../domain/connection.js';
import { knownUnder } from '../machines/known-under.js';
import { sourceOf } from './source-of.js';
import type { WatchPorts } from './connection-watch.policy.js';
import { discovery, type RunningDiscovery } from './discovery.js';
import { doubt, LOOK_AGAIN_MS, nameListingDue } from './listing-schedule.js';
import { endDiscovery } from './discovery-end.js';
import { failDiscovery, targetOf } from './record-connection.js';
import { faultsNamed, timeLimit, TIMED_OUT } from './provider-calls.js';

/** The job that lists the names of a connection's machines. */
const NAME = 'identity-listing';

/** Takes names in. Answers whether there is a machine among them that nobody has observed, or that cannot be read any more. */
const named = async (
  names: readonly ProviderIdentity[],
  {
    id,
    connection,
    found,
  }: { readonly id: ConnectionId; readonly connection: KnownConnection; readonly found: RunningDiscovery },
  { registry, known, recorder, runtime }: WatchPorts,
) => {
  const readable = names.flatMap(({ key }) => (key === null ? [] : [{ key }]));
  const identified = await sourceOf(id, connection, registry).identify(readable);
  const strange = identified.filter(({ vmId }) => {
    found.seen.add(vmId);
    return !recorder.isThere(vmId, found.begin);
  });
  const unread = names.filter(({ key }) => key === null);
  found.unread += unread.length;
  const listed = runtime.skipped.get(id);
  for (const vmId of (await knownUnder(known, id, unread)).flat()) recorder.isThere(vmId, found.begin);
  return strange.length > 0 || unread.some(({ ref }) => !listed?.has(ref));
};

/**
 * Every ten minutes the machines of each live connection are listed by name: a removal that a session did not tell of is
 * found so, and it counts as a discovery. It reads nothing else; whatever it finds odd is listed in full.
 */
export const identityListing = (ports: WatchPorts): Policy => {
  const { catalog, clock, connections, runtime, stopping } = ports;
  const due = (id: ConnectionId) => clock.monotonic() >= (runtime.namesDue.get(id) ?? Infinity);

  const list = async (id: ConnectionId, connection: KnownConnection, signal: AbortSignal) => {
    const found = discovery(clock);
    const about = { id, connection, found };
    let strange = false;
    for await (const names of faultsNamed(catalog.identities(targetOf(id, connection), signal))) {
      if (await named(names, about, ports)) strange = true;
      await yieldToEventLoop();
    }
    signal.throwIfAborted();
    if (strange) doubt(ports, id);
    await endDiscovery(found, { id, revision: connection.revision, op: null, quiet: true }, ports);
  };

  return {
    name: NAME,
    advance: async (key, signal) => {
      const id = ConnectionId.parse(key);
      const { state } = await connections.load(connectionStream(id));
      if (state.is === 'unknown' || !isUsable(state) || !runtime.live.has(id) || !due(id)) return;
      nameListingDue(ports, id);
      const late = timeLimit(clock, LOOK_AGAIN_MS);
      try {
        await list(id, state, AbortSignal.any([signal, stopping, late.signal]));
      } catch (error) {
        if (signal.aborted || stopping.aborted) return;
        const { code, detail } = late.signal.aborted ? TIMED_OUT : faultOf(error);
        await failDiscovery(ports, id, { revision: state.revision, code, detail });
      } finally {
        late.callOff();
      }
    },
    unfinished: async () => [...runtime.live].filter(due),
  };
};
