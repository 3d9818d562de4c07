// Everything that the gateway can be asked, and what runs by itself: its table of commands and queries, its journal, its views
// and its housekeeping, put together from the ports that a process gives. Never: a decision, a choice of an adapter, or a call
// of another capability that is no owner request.
import {
  bindAll,
  loopShare,
  unshared,
  type Instant,
  type LoopShare,
  type SessionId,
  type UseCases,
} from '@drover/kernel';
import {
  auditOf,
  denialsIn,
  type Clock,
  type DeadLetters,
  type EventStore,
  type Journal,
  type Leases,
  type OwnerRequest,
  type ServiceFlow,
  type SessionStore,
  type Strangers,
  type ViewStore,
  type WorkStore,
} from '@drover/ports';
import { topicsOf } from '../domain/interest.js';
import { discardDeadLetter } from './dead-letters/discard-dead-letter.command.js';
import { replayDeadLetter } from './dead-letters/replay-dead-letter.command.js';
import { signInByLink } from './sessions/sign-in-by-link.command.js';
import { signOut } from './sessions/sign-out.command.js';
import { gatewayPublished } from './gateway.published.js';
import { forgetOperations, housekeeping } from './housekeeping.policy.js';
import { journalConsumer } from './journal/journal-consumer.js';
import type { LivePublisher } from './journal/journal-ports.js';
import { openViews } from './views/views.js';
import { freshnessOf } from './views/freshness.js';
import { getDeadLetter } from './dead-letters/get-dead-letter.query.js';
import { countFleet, getFleet } from './fleet/get-fleet.query.js';
import { getSession } from './sessions/get-session.query.js';
import { getUser } from './sessions/get-user.query.js';
import { getVmHistory } from './fleet/get-vm-history.query.js';
import { getVm } from './fleet/get-vm.query.js';
import { viewNotifier } from './views/view-notifier.js';
import { listDeadLetters } from './dead-letters/list-dead-letters.query.js';
import { listEvents } from './journal/list-events.query.js';
import { listOperations } from './operations/list-operations.query.js';
import { listVms } from './fleet/list-vms.query.js';
import { lookupVm } from './fleet/lookup-vm.query.js';
import { readDocsAsset, readDocsPage } from './documents/read-docs.query.js';
import { onFirstRequest, readDocument } from './documents/read-document.query.js';
import { readViews } from './views/read-views.js';
import { readingShift } from './views/reading-shift.js';
import { readProblem } from './documents/read-problem.query.js';
import { momentOf } from './views/moment.js';
import { readWelcome } from './sessions/read-welcome.query.js';
import { shownVms } from './fleet/shown-vms.js';
import { groupsIn } from './views/groups.js';
import { streamEvents } from './live/stream-events.query.js';

/** Everything the gateway can be asked. A line here is a handler on the bus; `gateway.routes.ts` says which routes reach it. */
export const gatewayTable = {
  commands: { replayDeadLetter, discardDeadLetter, signInByLink, signOut },
  queries: {
    listVms,
    lookupVm,
    getVm,
    getVmHistory,
    getFleet,
    listOperations,
    listEvents,
    streamEvents,
    listDeadLetters,
    getDeadLetter,
    getSession,
    getUser,
    readWelcome,
    readDocsPage,
    readDocsAsset,
    readDocument,
    readProblem,
  },
};

/** What the gateway needs from the house. */
export interface GatewayPorts {
  /** Of the gateway's own facts: who was let in, who was not, who left. */
  readonly eventStore: EventStore;
  readonly views: ViewStore;
  readonly work: WorkStore;
  readonly journal: Journal;
  readonly clock: Clock;
  /** By how many milliseconds the time of day was set forward since an instant. */
  readonly leapt?: (since: Instant) => number;
  readonly sessions: SessionStore;
  readonly redeemLink: (code: string) => Promise<boolean>;
  /** Those who are not known, at every door of the process. */
  readonly strangers: Strangers;
  /** Aborted when the process stops: whoever waits is answered. */
  readonly stopping: AbortSignal;
  /** What other services answer. */
  readonly owners: OwnerRequest;
  /** What the readers of this process could not take. */
  readonly deadLetters: DeadLetters;
  /** The public documents as text; each is asked for once, when somebody wants to read it. */
  readonly documents: { readonly openApi: () => string; readonly asyncApi: () => string };
  /** By which one process of the service reads and reconciles; without them this one does. */
  readonly leases?: Leases | null;
  readonly journalDays: number;
  /** So many of the newest events stay in the journal, however old; without it a million. */
  readonly journalKeep?: number;
  readonly apiDocs: boolean;
  readonly secureCookie: boolean;
  readonly report: (where: string, error: unknown) => void;
  /** What the readers of the process may take of the event loop together. */
  readonly readers?: LoopShare;
}

/** Of each turn of the event loop, for all who read the journal from an earlier place together. */
const REPLAY_MS = 10;

/** How long the writer of the journal may be silent until another process follows it: meanwhile nobody is told anything. */
const WRITER_TTL_MS = 3_000;

/** Everything the gateway can do, with its ports in place. Reads are right once its flow has caught up. */
export const gatewayUseCases = async (given: GatewayPorts) => {
  const { eventStore, journal, clock, stopping, report } = given;
  const views = await openViews(given.views, journal);
  const notifier = viewNotifier(clock, stopping);
  const freshness = freshnessOf();
  const share = loopShare(() => clock.monotonic(), REPLAY_MS);
  const publisher: LivePublisher = { clock, report, topicsOf, share, streams: null };
  stopping.addEventListener('abort', () => publisher.streams?.drain('shutdown', true), { once: true });
  const { work, readers = unshared } = given;
  const projection = journalConsumer({
    ...{ journal, views, notifier, freshness, work, publisher, stopping },
    share: readers,
  });

  const moment = momentOf({ clock, freshness, shown: () => views.shown, parked: projection.parked });
  const { prune, trim, parked } = projection;
  const { vms, operations, history, connections } = views;
  const audit = auditOf('gateway', eventStore, () => clock.now());
  const documents = {
    openApi: onFirstRequest(given.documents.openApi),
    asyncApi: onFirstRequest(given.documents.asyncApi),
  };
  const ports = {
    leapt: () => 0,
    ...given,
    documents,
    vms,
    operations,
    history,
    connections,
    notifier,
    share,
    audit,
    prune,
    trim,
    areAllTold: () => views.areAllTold,
    shown: () => views.shown,
    shape: views.group.name,
    moment,
    parked,
    endStreams: (session: SessionId) => publisher.streams?.endSession(session, 'signed_out'),
  };
  const policy = housekeeping(ports);
  const denied = denialsIn(audit);
  const flow: ServiceFlow = {
    service: 'gateway',
    eventStore,
    publish: gatewayPublished,
    consumers: [projection.consumer],
    shift: readingShift(projection.shift, {
      ...{ clock, report, count: () => countFleet(views), tidy: () => forgetOperations(ports) },
    }),
    ...(given.leases && { leases: given.leases.withTtl(WRITER_TTL_MS) }),
    policies: [{ policy, wakes: () => null }],
  };

  return {
    flow,
    audit,
    /** Where a browser begins: the console, once there is one. */
    home: given.apiDocs ? '/api/docs' : '/api/auth/welcome',
    /** The views, for answers that must not say what reads do not show. */
    reads: readViews({ ...ports, freshness }),
    /** Machines as owners answer with them. */
    shown: shownVms(views, { notifier, clock, moment, stopping }),
    /** The streams of the door enter here to be told. They end, and no more are opened, when the process stops. */
    publisher,
    ...bindAll(gatewayTable, ports, { denied, groupsOf: groupsIn(views) }),
  };
};

/** The commands and queries of the gateway, as routes and tests call them. */
export type GatewayDoes = UseCases<typeof gatewayTable>;

/** The gateway, ready to be mounted. */
export type GatewayUseCases = Awaited<ReturnType<typeof gatewayUseCases>>;
