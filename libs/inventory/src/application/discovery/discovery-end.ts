// The end of a listing of all machines judges who is not there. A provider that shows nothing where machines were known is
// not believed at once. Never: a machine that is missed for a listing that was not complete.
import type { ConnectionId } from '@drover/kernel';
import { partsOfRows } from '@drover/ports';
import type { Skipped } from '../../domain/connection.events.js';
import type { ConnectionRow } from '../connections/connections.projection.js';
import type { KnownVm } from '../machines/vm-directory.projection.js';
import type { DiscoveryPorts } from './discovery-ports.js';
import { REFRESH, LOOK_AGAIN_MS, doubt } from './listing-schedule.js';
import { recordOf } from './record-connection.js';
import { skippedIn, type RunningDiscovery } from './discovery.js';

/** How long a provider must show nothing before it is believed. */
const EMPTY_MS = 15 * 60_000;

/** How many machines are judged at once: their commits share a write to the disk. */
const CHUNK = 64;

/** What the discovery before skipped: a listing of names says nothing new of it. */
const skippedBefore = (row: ConnectionRow | null): Skipped => {
  if (!row || row.discovery.skippedCount === 0) return {};
  const { skipped, skippedCount } = row.discovery;
  return { skipped, skippedCount, ...row.unread };
};

/** Whether a provider that shows nothing is to be believed: it did so long enough, or nobody was there before. */
const believed = (
  id: ConnectionId,
  shown: readonly { readonly is: KnownVm['life']['is'] }[],
  { runtime: { empty }, clock }: DiscoveryPorts,
) => {
  if (!shown.some(({ is }) => is === 'active')) return true;
  const now = clock.monotonic(); // in memory: after a restart the time begins anew
  const since = empty.get(id) ?? now;
  empty.set(id, since);
  return now - since >= EMPTY_MS;
};

/**
 * What a discovery ends for. `op`: the refresh that asked for it. `quiet`: nobody asked for it, and it read names only; without
 * news it leaves no fact.
 */
type Ending = { readonly id: ConnectionId; readonly revision: number } & (
  { readonly op: number | null; readonly quiet?: false } | { readonly op: null; readonly quiet: true }
);

/**
 * The end of a listing of all machines: whoever was not seen since it began is not there. Records what was found, for
 * the refresh that asked or for nobody, and has it looked again while something is in doubt.
 */
export const endDiscovery = async (
  discovered: RunningDiscovery,
  { id, revision, op, quiet = false }: Ending,
  ports: DiscoveryPorts,
) => {
  const { begin, seen, added, changed, skipped, unread } = discovered;
  const { known, rows, recorder, runtime, jobs } = ports;
  const row = await rows.get(id);
  const shown = await partsOfRows(known, { connection: [id] }, ({ vmId, life: { is } }) => ({ vmId, is }));
  const isEmpty = seen.size + skipped.size + unread === 0;
  if (!isEmpty) runtime.empty.delete(id);
  const complete = !isEmpty || believed(id, shown, ports);
  const absent = complete ? shown.filter(({ vmId }) => recorder.lackedSince(vmId, begin)) : [];
  let missing = 0;
  for (let from = 0; from < absent.length; from += CHUNK) {
    const gone = await Promise.all(
      absent.slice(from, from + CHUNK).map(({ vmId }) => recorder.miss(vmId, row?.completions.at(-1) ?? null)),
    );
    missing += gone.filter((one) => !one).length;
  }
  // Somebody who was missing is named again: a listing with readings brings him back.
  if (quiet && shown.some(({ vmId, is }) => is === 'missing' && seen.has(vmId))) doubt(ports, id);
  if (quiet && complete && absent.length === 0 && row?.state === 'up') return;
  if (!quiet) runtime.skipped.set(id, new Set(skipped.keys()));
  const found = { seen: seen.size, added: added.size, changed: changed.size, missing, complete };
  const told = quiet ? skippedBefore(row) : skippedIn(discovered);
  const policy = op === null ? 'connection-watch' : REFRESH;
  await recordOf(ports, policy, id, { type: 'FinishDiscovery', revision, op, ...found, ...told });
  if (missing === 0 && complete) return;
  runtime.doubtful.add(id);
  jobs.nudge(REFRESH, id, LOOK_AGAIN_MS);
};
