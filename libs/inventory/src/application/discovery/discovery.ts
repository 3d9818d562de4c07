import { isRejection, policyActor, type ConnectionId, type ConnectionTarget, type VmId } from '@drover/kernel';
import {
  faultOf,
  contextOf,
  type Clock,
  type JobQueue,
  type MachineBatch,
  type SkippedMachine,
  type StreamsOf,
  type View,
  partsOfRows,
} from '@drover/ports';
import type { DiscoveryCount } from '../../domain/connection.events.js';
import type { connectionDecider, ConnectionCommand } from '../../domain/connection.decider.js';
import { connectionStream, SIGN_IN_FAILED, type KnownConnection } from '../../domain/connection.js';
import type { ConnectionRow } from '../connections/connections.projection.js';
import type { KnownVm } from '../machines/vm-directory.projection.js';
import type { AliasRegistry } from '../identity/alias-registry.js';
import { knownUnder } from '../machines/known-under.js';
import type { ObservationResult, ObservationRecorder } from './observe-machines.js';

/** The job that lists the machines of a connection once more. */
export const REFRESH = 'connection-refresh';
/** When to look again for what a discovery lacked. */
export const LOOK_AGAIN_MS = 5 * 60_000;
/** How long further doubts are waited for: one listing settles them all. */
const CONFIRM_MS = 1000;
/** How many skipped machines are named. */
const NAMED = 100;
/** How many further machines of the fleet that could not be read are told by their ids. */
const UNREAD = 1_000;
/** How long a provider must show nothing before it is believed. */
const EMPTY_MS = 15 * 60_000;
/** How many machines are judged at once: their commits share a write to the disk. */
const CHUNK = 64;

/** What is so at this moment, and in no fact: which connections are being listed, and what their provider said last. */
export interface RuntimeState {
  /** How many listings of a connection are under way. */
  readonly listing: Map<ConnectionId, number>;
  /** The provider's own words for why it is not up. */
  readonly detail: Map<ConnectionId, string>;
  /** The connections whose session is live: it has listed everything and tells what changes. */
  readonly live: Set<ConnectionId>;
  /** The connections of which something has to be looked for again. */
  readonly doubtful: Set<ConnectionId>;
  /** Since when, on the monotonic clock, a provider shows nothing where machines were known. */
  readonly empty: Map<ConnectionId, number>;
  /** The references that the last listing of a connection skipped. */
  readonly skipped: Map<ConnectionId, ReadonlySet<string>>;
  /** When the machines of a live connection are to be listed by name, on the monotonic clock. */
  readonly namesDue: Map<ConnectionId, number>;
}

/** What is so when the process begins: no connection is being listed, live or in doubt. */
export const runtimeState = (): RuntimeState => ({
  ...{ listing: new Map(), detail: new Map(), live: new Set(), doubtful: new Set() },
  ...{ empty: new Map(), skipped: new Map(), namesDue: new Map() },
});

/** Something of a connection is in doubt: its machines are listed again, soon. */
export const doubt = ({ present: { doubtful }, jobs }: Pick<DiscoveryPorts, 'present' | 'jobs'>, id: ConnectionId) => {
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

/** What discoveries work with. */
export interface DiscoveryPorts {
  readonly connections: StreamsOf<typeof connectionDecider>;
  readonly known: View<KnownVm>;
  readonly book: AliasRegistry;
  readonly rows: View<ConnectionRow>;
  readonly sightings: ObservationRecorder;
  readonly present: RuntimeState;
  readonly jobs: JobQueue;
  readonly clock: Clock;
}

/** A discovery so far. `begin`: on the monotonic clock. */
export interface Discovery {
  readonly begin: number;
  readonly seen: Set<VmId>;
  readonly added: Set<VmId>;
  readonly changed: Set<VmId>;
  /** By the provider's reference; with the machines that were known by it, or by its UUID. */
  readonly skipped: Map<string, { readonly machine: SkippedMachine; readonly vmIds: readonly VmId[] }>;
  /** How many references a listing of names gave without a readable UUID: machines are there, whoever they are. */
  unread: number;
}

/** A discovery that begins now. */
export const discovery = (clock: Clock): Discovery => ({
  begin: clock.monotonic(),
  seen: new Set(),
  added: new Set(),
  changed: new Set(),
  skipped: new Map(),
  unread: 0,
});

/** Counts what was observed. */
export const count = ({ seen, added, changed }: Discovery, sightings: readonly ObservationResult[]) => {
  for (const { vmId, found } of sightings) {
    seen.add(vmId);
    if (found === 'added') added.add(vmId);
    if (found === 'changed') changed.add(vmId);
  }
};

/** Counts machines that are there and cannot be shown. That they are listed keeps them from going missing, and nothing else. */
export const skip = async (
  { begin, skipped }: Discovery,
  id: ConnectionId,
  machines: readonly SkippedMachine[],
  { known, sightings }: Pick<DiscoveryPorts, 'known' | 'sightings'>,
) => {
  const found = await knownUnder(known, id, machines);
  machines.forEach((machine, i) => {
    const vmIds = found[i] ?? [];
    for (const vmId of vmIds) sightings.isThere(vmId, begin);
    skipped.set(machine.ref, { machine, vmIds });
  });
};

type Skipped = Pick<DiscoveryCount, 'skipped' | 'skippedCount' | 'unread' | 'unreadCount'>;

/** What a discovery skipped, as its fact says it: the first hundred by name, and whoever of the fleet is not among them. */
export const skippedIn = ({ skipped }: Pick<Discovery, 'skipped'>): Skipped => {
  if (skipped.size === 0) return {};
  const named = [...skipped.values()].slice(0, NAMED).map(({ machine: { ref, name, why }, vmIds: [vmId] }) => ({
    ...{ ref, name, why, vmId: vmId ?? null },
  }));
  const told = { skipped: named, skippedCount: skipped.size };
  const ofFleet = new Set([...skipped.values()].flatMap(({ vmIds }) => vmIds));
  const isNamed = new Set(named.map(({ vmId }) => vmId));
  const others = [...ofFleet].filter((vmId) => !isNamed.has(vmId));
  return others.length === 0 && skipped.size <= NAMED
    ? told
    : { ...told, unread: others.slice(0, UNREAD), unreadCount: ofFleet.size };
};

/** How often the names of all machines are listed. */
const PERIOD_MS = 10 * 60_000;
/** By how much a period is longer or shorter than another, so that connections are not all listed at once. */
const JITTER = 0.2;

/** Everything was listed just now: the names are listed again in ten minutes or so. */
export const nameListingDue = (
  { present, clock, random }: Pick<DiscoveryPorts, 'present' | 'clock'> & { readonly random: () => number },
  id: ConnectionId,
) => void present.namesDue.set(id, clock.monotonic() + PERIOD_MS * (1 - JITTER / 2 + JITTER * random()));

/** Whether news of a live session say of somebody that he is skipped, or no longer, when the last listing says otherwise. */
export const surprising = (listed: ReadonlySet<string> = new Set(), { machines, skipped }: MachineBatch) =>
  skipped.some(({ ref }) => !listed.has(ref)) ||
  machines.some(({ aliases }) => aliases.some(({ kind, value }) => kind === 'moref' && listed.has(value)));

/** What the discovery before skipped: a listing of names says nothing new of it. */
const skippedBefore = (row: ConnectionRow | null): Skipped => {
  if (!row || row.discovery.skippedCount === 0) return {};
  const { skipped, skippedCount } = row.discovery;
  return { skipped, skippedCount, ...row.unread };
};

/** What an adapter needs to reach a connection. */
export const targetOf = (id: ConnectionId, { settings, revision }: KnownConnection): ConnectionTarget => {
  const { kind, url, credentialRef, tls, allow } = settings;
  return { id, kind, url, credentialRef, tls, allow, revision };
};

/** What a listing says that was given up. */
export const TIMED_OUT = {
  code: 'operation_timed_out',
  detail: 'The provider did not list its machines in time.',
} as const;

/** A time limit: the signal is aborted when it is over, unless it was called off. */
interface TimeLimit {
  readonly signal: AbortSignal;
  callOff(): void;
}

/** Begins one, of so many milliseconds. */
export const timeLimit = (clock: Clock, ms: number): TimeLimit => {
  const late = new AbortController();
  return { signal: late.signal, callOff: clock.after(ms, () => late.abort(new Error('time is up'))) };
};

/** What an adapter throws, as a fault of the provider; so that everything else is known to be ours. */
export async function* faultsNamed<Item>(source: AsyncIterable<Item>) {
  try {
    yield* source;
  } catch (error) {
    throw faultOf(error);
  }
}

/** Records something of a connection. What does not apply any more is refused by the decider, and that is well. */
export const recordOf = async (
  { connections, clock }: Pick<DiscoveryPorts, 'connections' | 'clock'>,
  policy: string,
  id: ConnectionId,
  command: ConnectionCommand,
) => {
  const stream = connectionStream(id);
  const context = contextOf(policyActor(policy, stream), null, clock.now());
  const outcome = await connections.transact(stream, command, context);
  return isRejection(outcome) ? null : outcome.after.state;
};

/**
 * A listing failed, whoever asked for it: the connection says so until the next one succeeds. A sign-in that was refused
 * blocks it.
 */
export const failDiscovery = async (
  ports: Pick<DiscoveryPorts, 'connections' | 'clock' | 'present'>,
  id: ConnectionId,
  { revision, code, detail }: { readonly revision: number; readonly code: string; readonly detail: string },
) => {
  if (code === SIGN_IN_FAILED)
    return void (await recordOf(ports, REFRESH, id, { type: 'RefuseSignIn', service: 'inventory', revision }));
  const after = await recordOf(ports, REFRESH, id, { type: 'FailDiscovery', revision, code, detail });
  // One that is down for another reason keeps that one's words.
  if (after?.is === 'known' && after.state === 'degraded' && after.code === code) ports.present.detail.set(id, detail);
};

/** Whether a provider that shows nothing is to be believed: it did so long enough, or nobody was there before. */
const believed = (
  id: ConnectionId,
  shown: readonly { readonly is: KnownVm['life']['is'] }[],
  { present: { empty }, clock }: DiscoveryPorts,
) => {
  if (!shown.some(({ is }) => is === 'active')) return true;
  const now = clock.monotonic(); // in memory: after a restart the time begins anew
  const since = empty.get(id) ?? now;
  empty.set(id, since);
  return now - since >= EMPTY_MS;
};

/** What a discovery ends for. `quiet`: nobody asked for it, and it read names only; without news it leaves no fact. */
interface Ending {
  readonly id: ConnectionId;
  readonly revision: number;
  readonly op: number | null;
  readonly quiet?: boolean;
}

/**
 * The end of a listing of all machines: whoever was not seen since it began is not there. Records what was found, for
 * the refresh that asked or for nobody, and has it looked again while something is in doubt.
 */
export const endDiscovery = async (
  discovered: Discovery,
  { id, revision, op, quiet = false }: Ending,
  ports: DiscoveryPorts,
) => {
  const { begin, seen, added, changed, skipped, unread } = discovered;
  const { known, rows, sightings, present, jobs } = ports;
  const row = await rows.get(id);
  const shown = await partsOfRows(known, { connection: [id] }, ({ vmId, life: { is } }) => ({ vmId, is }));
  const isEmpty = seen.size + skipped.size + unread === 0;
  if (!isEmpty) present.empty.delete(id);
  const complete = !isEmpty || believed(id, shown, ports);
  const absent = complete ? shown.filter(({ vmId }) => sightings.lackedSince(vmId, begin)) : [];
  let missing = 0;
  for (let from = 0; from < absent.length; from += CHUNK) {
    const gone = await Promise.all(
      absent.slice(from, from + CHUNK).map(({ vmId }) => sightings.miss(vmId, row?.completions.at(-1) ?? null)),
    );
    missing += gone.filter((one) => !one).length;
  }
  // Somebody who was missing is named again: a listing with readings brings him back.
  if (quiet && shown.some(({ vmId, is }) => is === 'missing' && seen.has(vmId))) doubt(ports, id);
  if (quiet && complete && absent.length === 0 && row?.state === 'up') return;
  if (!quiet) present.skipped.set(id, new Set(skipped.keys()));
  const found = { seen: seen.size, added: added.size, changed: changed.size, missing, complete };
  const told = quiet ? skippedBefore(row) : skippedIn(discovered);
  const policy = op === null ? 'connection-watch' : REFRESH;
  await recordOf(ports, policy, id, { type: 'FinishDiscovery', revision, op, ...found, ...told });
  if (missing === 0 && complete) return;
  present.doubtful.add(id);
  jobs.nudge(REFRESH, id, LOOK_AGAIN_MS);
};
