// Lists a connection once: for a refresh that somebody asked for, or for a doubt. A request stands in the stream, so after a
// crash the next process begins it again; a doubt is in memory, and a new session lists everything anyway. Never: leave a
// refresh open that failed, or take a listing that was cut off for a complete one.
import { ConnectionId, Instant, type Policy } from '@drover/kernel';
import { ProviderFault, type Commit, type Elapsed, allRows } from '@drover/ports';
import {
  connectionOf,
  connectionStream,
  isUsable,
  REFRESH_SECONDS,
  refreshOperation,
  whyUnusable,
  type KnownConnection,
  type Refresh,
} from '../../domain/connection.js';
import { sourceOf } from './source-of.js';
import type { WatchPorts } from './connection-watch.policy.js';
import { count, discovery, skip } from './discovery.js';
import { endDiscovery } from './discovery-end.js';
import { faultsNamed, timeLimit, TIMED_OUT } from './provider-calls.js';
import { listingBegins, listingEnds, LOOK_AGAIN_MS, nameListingDue, REFRESH } from './listing-schedule.js';
import { failDiscovery, recordOf, targetOf } from './record-connection.js';

/** How long a listing gets whose time is over when it begins. */
const ONCE_MS = 10_000;

/** Which commits ask for a refresh. */
export const wakesRefresh = ({ stream, facts }: Commit): string | null =>
  facts.some(({ fact }) => fact.type === 'ConnectionRefreshRequested') ? stream.slice('connection-'.length) : null;

type OpenRefresh = Extract<Refresh, { is: 'open' }>;

/** Lists the machines of a connection once and judges by it who is missing. */
const list = async (
  id: ConnectionId,
  connection: KnownConnection,
  op: number | null,
  signal: AbortSignal,
  ports: WatchPorts,
) => {
  const { catalog, clock, registry, recorder, runtime } = ports;
  const source = sourceOf(id, connection, registry);
  const found = discovery(clock);
  listingBegins(runtime, id);
  try {
    for await (const { machines, skipped } of faultsNamed(catalog.list(targetOf(id, connection), signal))) {
      count(found, await recorder.observe(source, machines));
      await skip(found, id, skipped, ports);
    }
  } finally {
    listingEnds(runtime, id);
  }
  signal.throwIfAborted();
  await endDiscovery(found, { id, revision: connection.revision, op }, ports);
  nameListingDue(ports, id);
};

/** What a refresh takes beside what a watch does. `ages`: how long ago refreshes were asked for. */
export interface RefreshPorts extends WatchPorts {
  readonly ages: Elapsed;
}

/** Has a refresh begin in the process that stored its request, and end. */
export const hearRefresh = (ages: Elapsed, { stream, facts }: Commit) => {
  for (const { fact } of facts) {
    if (!fact.type.startsWith('ConnectionRefresh') || typeof fact['op'] !== 'number') continue;
    const operation = refreshOperation(connectionOf(stream), fact['op']);
    if (fact.type === 'ConnectionRefreshRequested') ages.begins(operation);
    else ages.forget(operation);
  }
};

/** Milliseconds that a refresh has left; of one that was found at boot enough to try it once. */
const leftOf = (id: ConnectionId, { op, deadline }: OpenRefresh, ages: Elapsed) => {
  const whole = REFRESH_SECONDS * 1000;
  return Math.max(
    ONCE_MS,
    whole - ages.since(refreshOperation(id, op), Instant.plusSeconds(deadline, -REFRESH_SECONDS), whole),
  );
};

/**
 * Lists a connection when somebody asked, or when something is in doubt: a machine that the last discovery lacked, a
 * removal to be confirmed. A refresh that its process did not live to see is begun again by the next one.
 */
export const connectionRefresh = (ports: RefreshPorts): Policy => {
  const { connections, clock, ages, rows, runtime, jobs, stopping } = ports;
  const fail = (id: ConnectionId, op: number, code: string, detail: string) =>
    recordOf(ports, REFRESH, id, { type: 'FailRefresh', op, code, detail });

  /** What the provider did, or did not do in time. Anything else is ours, and thrown. */
  const troubleOf = (error: unknown, late: AbortSignal) => {
    if (late.aborted) return TIMED_OUT;
    if (error instanceof ProviderFault) return error;
    throw error;
  };

  /** `request`: the refresh that was asked for; null when something is in doubt. */
  const attempt = async (
    id: ConnectionId,
    connection: KnownConnection,
    request: OpenRefresh | null,
    signal: AbortSignal,
  ) => {
    const late = timeLimit(clock, request ? leftOf(id, request, ages) : LOOK_AGAIN_MS);
    const doubtful = runtime.doubtful.has(id);
    try {
      await list(id, connection, request?.op ?? null, AbortSignal.any([signal, stopping, late.signal]), ports);
    } catch (error) {
      if (doubtful) runtime.doubtful.add(id);
      if (signal.aborted || stopping.aborted) return; // the next process begins it again
      const { code, detail } = troubleOf(error, late.signal);
      await failDiscovery(ports, id, { revision: connection.revision, code, detail });
      if (request) await fail(id, request.op, code, detail);
      if (doubtful) jobs.nudge(REFRESH, id, LOOK_AGAIN_MS);
    } finally {
      late.callOff();
    }
  };

  return {
    name: REFRESH,
    advance: async (key, signal) => {
      const id = ConnectionId.parse(key);
      const { state } = await connections.load(connectionStream(id));
      if (state.is === 'unknown') return;
      const { refresh } = state;
      if (refresh.is === 'idle') {
        // A session that is not live lists everything when it comes back.
        if (runtime.doubtful.has(id) && runtime.live.has(id)) await attempt(id, state, null, signal);
        return;
      }
      if (!isUsable(state))
        await fail(id, refresh.op, 'connection_blocked', `${whyUnusable(state)} Nothing was listed.`);
      else await attempt(id, state, refresh, signal);
    },
    unfinished: async () => {
      const open = await allRows(rows, { refreshing: [true] });
      return open.map(({ id }) => id);
    },
  };
};
