import { bind, type Actor, type OnDenied } from '@drover/kernel';
import {
  auditOf,
  type Clock,
  type EventStore,
  type Journal,
  type ServiceFlow,
  type SessionStore,
  type ViewStore,
} from '@drover/ports';
import { signInByLink } from './commands/sign-in-by-link.command.js';
import { signOut } from './commands/sign-out.command.js';
import { gatewayPublished } from './gateway.published.js';
import { growthOf } from './growth.use-cases.js';
import { identifying } from './identify.use-cases.js';
import { journallingOf } from './journalling.use-cases.js';
import { liveHub } from './live/hub.use-cases.js';
import { housekeeping } from './policies/housekeeping.policy.js';
import { getFleet } from './queries/get-fleet.query.js';
import { getSession } from './queries/get-session.query.js';
import { getUser } from './queries/get-user.query.js';
import { getVmHistory } from './queries/get-vm-history.query.js';
import { getVm, type ReadPower } from './queries/get-vm.query.js';
import { listEvents } from './queries/list-events.query.js';
import { listOperations } from './queries/list-operations.query.js';
import { listVms } from './queries/list-vms.query.js';
import { lookupVm } from './queries/lookup-vm.query.js';
import { readDocsAsset, readDocsPage, readDocument, readProblem } from './queries/read-docs.query.js';
import { streamEvents } from './queries/stream-events.query.js';
import { shownVms } from './shown.use-cases.js';
import { openViews } from './views.use-cases.js';

/** What the gateway needs from the house. */
export interface GatewayPorts {
  /** Of the gateway's own facts: who was let in, who was not, who left. */
  readonly eventStore: EventStore;
  readonly views: ViewStore;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly sessions: SessionStore;
  readonly redeemLink: (code: string) => Promise<boolean>;
  readonly adminToken: string;
  /** The address Drover is served from. */
  readonly origin: string;
  /** Aborted when the process stops: whoever waits is answered. */
  readonly stopping: AbortSignal;
  readonly readPower: ReadPower;
  readonly documents: { readonly openApi: string; readonly asyncApi: string };
  readonly journalDays: number;
  readonly apiDocs: boolean;
  readonly secureCookie: boolean;
  readonly report?: (where: string, error: unknown) => void;
  readonly random?: () => number;
}

/**
 * Everything the gateway can do, with its ports in place. The views have caught up with the journal when this resolves.
 */
export const gatewayUseCases = async (given: GatewayPorts) => {
  const { eventStore, journal, clock, stopping, report = () => {}, random = Math.random } = given;
  const views = await openViews(given.views, journal.state().generation);
  const shown = () => views.shown;
  const hub = liveHub(clock, shown);
  const growth = growthOf(clock, stopping);
  const journalling = journallingOf({ journal, views, hub, growth });
  stopping.addEventListener('abort', () => hub.drain('shutdown', true), { once: true });
  await journalling.catchUp();

  const audit = auditOf('gateway', eventStore, () => clock.now());
  const { vms, operations, history, connections } = views;
  const ports = { ...given, vms, operations, history, connections, shown, hub, growth, audit, report, random };
  const policy = housekeeping({ ...ports, journalling });
  const onDenied: OnDenied = ({ name, right }, actor: Actor) =>
    audit.record({ type: 'AuditDenialRecorded', route: name, right, target: null, code: 'forbidden' }, actor);
  const flow: ServiceFlow = {
    service: 'gateway',
    eventStore,
    publish: gatewayPublished,
    consumers: [journalling.consumer],
    policies: [{ policy, wakes: () => null }],
  };

  return {
    flow,
    audit,
    origin: given.origin,
    /** Where a browser begins: the console, once there is one. */
    home: given.apiDocs ? '/api/docs' : '/api/auth/session',
    /** Says who sent some headers. Every module's door asks it. */
    identify: identifying(given),
    /** Machines as owners answer with them. */
    shown: shownVms(views, growth, clock),
    /** Says good-bye to every stream, and opens no more. */
    drainStreams: (reason = 'shutdown') => hub.drain(reason, true),
    /** Drops journal and views; they come again from the owners' logs. */
    rebuild: () => journalling.rebuild(),
    listVms: bind(listVms, ports, onDenied),
    lookupVm: bind(lookupVm, ports, onDenied),
    getVm: bind(getVm, ports, onDenied),
    getVmHistory: bind(getVmHistory, ports, onDenied),
    getFleet: bind(getFleet, ports, onDenied),
    listOperations: bind(listOperations, ports, onDenied),
    listEvents: bind(listEvents, ports, onDenied),
    streamEvents: bind(streamEvents, ports, onDenied),
    signInByLink: bind(signInByLink, ports),
    signOut: bind(signOut, ports),
    getSession: bind(getSession, ports),
    getUser: bind(getUser, ports),
    readDocsPage: bind(readDocsPage, ports),
    readDocsAsset: bind(readDocsAsset, ports),
    readDocument: bind(readDocument, ports),
    readProblem: bind(readProblem, ports),
  };
};

/** The gateway, ready to be mounted. */
export type GatewayUseCases = Awaited<ReturnType<typeof gatewayUseCases>>;
