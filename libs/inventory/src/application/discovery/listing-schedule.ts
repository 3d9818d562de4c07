// When the machines of a connection are listed again: soon where something is in doubt, by name every ten minutes. All of it
// is in memory: a process that begins lists everything anyway. Never: all connections at the same moment; each period
// differs a little.
import type { ConnectionId } from '@drover/kernel';
import type { RuntimeState } from './runtime-state.js';
import type { DiscoveryPorts } from './discovery-ports.js';

/** The job that lists the machines of a connection once more. */
export const REFRESH = 'connection-refresh';

/** When to look again for what a discovery lacked. */
export const LOOK_AGAIN_MS = 5 * 60_000;

/** How long further doubts are waited for: one listing settles them all. */
const CONFIRM_MS = 1000;

/** Something of a connection is in doubt: its machines are listed again, soon. */
export const doubt = ({ runtime: { doubtful }, jobs }: Pick<DiscoveryPorts, 'runtime' | 'jobs'>, id: ConnectionId) => {
  doubtful.add(id);
  jobs.nudge(REFRESH, id, CONFIRM_MS);
};

/** A listing begins: what was in doubt, it settles. */
export const listingBegins = ({ listing, doubtful }: RuntimeState, id: ConnectionId) => {
  listing.set(id, (listing.get(id) ?? 0) + 1);
  doubtful.delete(id);
};

/** A listing is over, whatever came of it. */
export const listingEnds = ({ listing }: RuntimeState, id: ConnectionId) =>
  void listing.set(id, (listing.get(id) ?? 1) - 1);

/** How often the names of all machines are listed. */
const PERIOD_MS = 10 * 60_000;

/** By how much a period is longer or shorter than another, so that connections are not all listed at once. */
const JITTER = 0.2;

/** Everything was listed just now: the names are listed again in ten minutes or so. */
export const nameListingDue = (
  { runtime, clock, random }: Pick<DiscoveryPorts, 'runtime' | 'clock'> & { readonly random: () => number },
  id: ConnectionId,
) => void runtime.namesDue.set(id, clock.monotonic() + PERIOD_MS * (1 - JITTER / 2 + JITTER * random()));
