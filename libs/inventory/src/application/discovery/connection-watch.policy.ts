// Keeps one session with each provider: in the process that holds the connection's lease, from a full listing on to every
// change, and again after a break, with a growing pause. What it hears of a connection becomes a report to the decider.
// Never: try a refused sign-in again, or make a machine missing because a session broke.
import { ConnectionId, isConfigured, policyActor, type ConnectionTarget, type Policy } from '@drover/kernel';
import {
  contextOf,
  inTurn,
  LOST_MS,
  ProviderFault,
  sleep,
  type Commit,
  type InTurn,
  type MachineCatalog,
  type ProviderContact,
  allRows,
  type Lease,
  type Leases,
  type StreamsOf,
} from '@drover/ports';
import { CONNECTION_SET, type connectionSetDecider } from '../../domain/connection-set.decider.js';
import type { ConnectionSettings } from '../../domain/connection.events.js';
import { isUsable, SIGN_IN_FAILED, troubleCode, UNREACHABLE, type KnownConnection } from '../../domain/connection.js';
import { sourceOf } from './source-of.js';
import { count, discovery, skip, surprising } from './discovery.js';
import { doubt, listingBegins, listingEnds, nameListingDue } from './listing-schedule.js';
import { endDiscovery } from './discovery-end.js';
import { faultsNamed } from './provider-calls.js';
import { recordOf, targetOf } from './record-connection.js';
import type { DiscoveryPorts } from './discovery-ports.js';
import { CONNECTION_WATCH, connectionLease } from './connection-lease.js';

const NAME = CONNECTION_WATCH;
/** When a connection is looked at again whose session another process has. */
const ELSEWHERE_MS = 1_000;
const BASE_MS = 200;
const CAP_MS = 30_000;
/** After how long without a complete listing a provider that answers, and breaks every session, is down all the same. */
const FRUITLESS_MS = 3 * LOST_MS;

/** A connection as the file or the simulator states it. `problem`: its secret cannot be read, and why. */
export type ConfiguredConnection = ConnectionSettings & { readonly id: ConnectionId; readonly problem?: string };

/** What a watch works with. `random`: from 0 to 1, for the back-off. */
export interface WatchPorts extends DiscoveryPorts {
  readonly catalog: MachineCatalog;
  readonly contact: ProviderContact;
  readonly configured: readonly ConfiguredConnection[];
  readonly connectionSets: StreamsOf<typeof connectionSetDecider>;
  readonly stopping: AbortSignal;
  readonly random: () => number;
  /** Of the processes of inventory the holder of a connection's lease has its session. */
  readonly leases: Leases;
}

/** The policy, and how its sessions end with the process. */
export interface ConnectionWatch extends Policy {
  /** Records what is stated of each connection, for whoever may ask for one must find it; then, that these are all. */
  begin(): Promise<void>;
  stop(): Promise<void>;
}

interface WatchSession {
  readonly target: ConnectionTarget;
  readonly lease: Lease;
  readonly end: () => Promise<void>;
}

/** Member by member: what else a caller may know of a connection goes into no fact. */
const configuring = ({ name, kind, url, region, credentialRef, tls, allow, groupIds, problem }: ConfiguredConnection) =>
  ({
    type: 'Configure',
    settings: { name, kind, url, region, credentialRef, tls, allow, groupIds },
    unusable: problem !== undefined,
  }) as const;

/** Which commits may start or end a session. */
export const wakesWatch = ({ stream, facts }: Commit): string | null => {
  const turns = ['ConnectionChanged', 'ConnectionSignInFailed', 'ConnectionSignInReset'];
  return stream.startsWith('connection-') && facts.some(({ fact }) => turns.includes(fact.type))
    ? stream.slice('connection-'.length)
    : null;
};

interface Opened {
  readonly id: ConnectionId;
  readonly connection: KnownConnection;
  readonly signal: AbortSignal;
  /** Is called when everything was listed. */
  readonly live: () => void;
}

/** Follows one session with a provider, from its first listing to the break, which it throws. */
const follow = async (session: Opened, ports: WatchPorts) => {
  const { id, connection, signal, live } = session;
  const { catalog, clock, registry, recorder, runtime } = ports;
  const { revision } = connection;
  const source = sourceOf(id, connection, registry);
  let found = discovery(clock);
  listingBegins(runtime, id);
  try {
    for await (const news of faultsNamed(catalog.watch(targetOf(id, connection), signal))) {
      if (signal.aborted) return;
      if (news.is === 'machines') {
        count(found, await recorder.observe(source, news.machines));
        await skip(found, id, news.skipped, ports);
        if (runtime.live.has(id) && surprising(runtime.skipped.get(id), news)) doubt(ports, id);
      } else if (news.is === 'removed') {
        const removed = await source.identify(news.keys.map((key) => ({ key })));
        for (const { vmId } of removed) recorder.wasRemoved(vmId, news.order);
        doubt(ports, id);
      } else {
        await endDiscovery(found, { id, revision, op: null }, ports);
        found = discovery(clock);
        if (!runtime.live.has(id)) listingEnds(runtime, id);
        runtime.live.add(id);
        nameListingDue(ports, id);
        runtime.detail.delete(id);
        live();
      }
    }
  } finally {
    if (!runtime.live.delete(id)) listingEnds(runtime, id);
  }
  throw new ProviderFault('provider_unreachable', 'the provider ended the session');
};

/**
 * Records what the file of connections says and keeps one session open with each provider that can be tried. A nudge
 * only makes sure of that. A break changes the state of the connection and nothing else: its machines keep what was
 * seen of them. It is tried again, later and later; but a refused sign-in is a fact, and nobody tries it again.
 */
export const connectionWatch = (ports: WatchPorts): ConnectionWatch => {
  const { catalog, clock, contact, rows, runtime, stopping, random } = ports;
  const configured = new Map(ports.configured.map((each) => [each.id, each]));
  const sessions = new Map<ConnectionId, WatchSession>();
  /** What failed on our side, to be told to whoever keeps the queue. */
  const failures = new Map<ConnectionId, unknown>();

  /** What the silence of a provider, or its end, makes of its connection. Without a session the next listing ends it. */
  const judge = async (id: ConnectionId, revision: number) => {
    const { is, detail } = contact.of(id);
    const heard = runtime.live.has(id) ? 'up' : null;
    const to = is === 'answering' ? heard : is === 'silent' ? 'degraded' : 'down';
    if (to === null) return;
    const report = to === 'up' ? ({ to, code: null } as const) : ({ to, code: UNREACHABLE } as const);
    const after = await recordOf(ports, NAME, id, { type: 'ReportState', revision, ...report });
    if (after?.is !== 'known') return;
    const { code, trouble } = after;
    const expected = to === 'up' ? trouble && troubleCode(trouble) : UNREACHABLE;
    if (code !== expected) return; // something else is said of it
    const ofListing = trouble?.is === 'failed' ? trouble.detail : null;
    const words = to === 'up' ? ofListing : (detail ?? 'The provider does not answer.');
    if (words) runtime.detail.set(id, words);
    else runtime.detail.delete(id);
  };
  /** One after the other, or an older word could be the last. */
  const judging = new Map<ConnectionId, InTurn>();
  const judgeInTurn = (id: ConnectionId, revision: number) => {
    const turn = judging.get(id) ?? inTurn();
    judging.set(id, turn);
    // What fails is looked at again by the reconciler.
    return turn(() => judge(id, revision)).catch((ours: unknown) => void failures.set(id, ours));
  };
  const leave = contact.onChange((id) => {
    const session = sessions.get(id);
    if (session) void judgeInTurn(id, session.target.revision);
  });

  /** Records how a session ended; false when there is nothing to try again. `fruitless`: how long nothing was listed, in ms. */
  const ended = async (id: ConnectionId, revision: number, error: unknown, fruitless: number) => {
    if (!(error instanceof ProviderFault)) throw error;
    runtime.detail.set(id, error.detail);
    if (error.code === SIGN_IN_FAILED) {
      await recordOf(ports, NAME, id, { type: 'RefuseSignIn', service: 'inventory', revision });
      return false;
    }
    const silent = error.code === UNREACHABLE || error.code === 'no_answer';
    const soon = silent && contact.of(id).is !== 'lost' && fruitless < FRUITLESS_MS;
    const report = soon
      ? ({ to: 'degraded', code: UNREACHABLE } as const)
      : ({ to: 'down', code: silent ? UNREACHABLE : error.code } as const);
    await recordOf(ports, NAME, id, { type: 'ReportState', revision, ...report });
    return true;
  };

  const keepFollowing = async (id: ConnectionId, connection: KnownConnection, signal: AbortSignal) => {
    let refused: unknown = null; // a refusal that could not be recorded yet: no second sign-in meanwhile
    let [tries, stood, since] = [0, false, clock.monotonic()];
    const live = () => void ([tries, stood] = [0, true]);
    const opened = { id, connection, signal, live };
    while (!signal.aborted) {
      const error = refused ?? (await follow(opened, ports).catch((thrown: unknown) => thrown));
      if (stood) [stood, since] = [false, clock.monotonic()]; // what was listed was up to date until it broke
      if (signal.aborted) return;
      if (error instanceof ProviderFault && error.code === SIGN_IN_FAILED) refused = error;
      try {
        if (!(await ended(id, connection.revision, error, clock.monotonic() - since))) return;
      } catch (ours) {
        failures.set(id, ours);
      }
      await sleep(clock, random() * Math.min(CAP_MS, BASE_MS * 2 ** tries++), signal).catch(() => undefined);
    }
  };

  const start = (id: ConnectionId, connection: KnownConnection, lease: Lease): WatchSession => {
    const stop = new AbortController();
    const done = keepFollowing(id, connection, AbortSignal.any([stop.signal, stopping, lease.signal]));
    const end = async () => {
      stop.abort(new Error('the session is over'));
      await done;
    };
    return { target: targetOf(id, connection), lease, end };
  };

  return {
    name: NAME,
    begin: async () => {
      await Promise.all([...configured].map(([id, stated]) => recordOf(ports, NAME, id, configuring(stated))));
      const context = contextOf(policyActor(NAME, CONNECTION_SET), null, clock.now());
      const all = { type: 'ConfigureAll', connectionIds: [...configured.keys()] } as const;
      await ports.connectionSets.transact(CONNECTION_SET, all, context);
    },
    advance: async (key) => {
      const id = ConnectionId.parse(key);
      const stated = configured.get(id);
      const connection = await recordOf(ports, NAME, id, stated ? configuring(stated) : { type: 'Forget' });
      if (connection?.is !== 'known') return;
      if (stated?.problem !== undefined) runtime.detail.set(id, stated.problem);
      const wanted = stated !== undefined && isUsable(connection) && !stopping.aborted;
      const lease = wanted ? await ports.leases.take(connectionLease(id)) : null;
      const session = sessions.get(id);
      if (session && !(lease === session.lease && session.target.revision === connection.revision)) {
        sessions.delete(id);
        await session.end();
        await catalog.release(session.target).catch(() => undefined);
      }
      if (lease && !sessions.has(id)) sessions.set(id, start(id, connection, lease));
      if (lease) await judgeInTurn(id, connection.revision);
      else if (wanted) ports.jobs.nudge(NAME, id, ELSEWHERE_MS); // it is taken over here, once that one is gone
      const failure = failures.get(id);
      if (failures.delete(id)) throw failure;
    },
    unfinished: async () => {
      const all = await allRows(rows);
      const left = all.filter((row) => !configured.has(row.id) && isConfigured(row));
      return [...configured.keys(), ...left.map(({ id }) => id)];
    },
    stop: async () => {
      leave();
      await Promise.all([...sessions.values()].map(({ end }) => end()));
      await Promise.all([...judging.values()].map((turn) => turn(async () => {})));
    },
  };
};
