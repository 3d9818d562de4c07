// Inventory put together: the table of its commands and queries, its views and streams, its policies and the consumers that
// feed them, all from the ports of a process. Never: a decision or a translation, or anything that works before the flow is
// started.
import { groupsIn } from '@drover/contracts';
import { bindAll, eachStep, type Instant, type LoopShare, type UseCases } from '@drover/kernel';
import {
  auditOf,
  denialsIn,
  viewConsumer,
  elapsedOn,
  streamNotifier,
  streamsOf,
  wholeStore,
  type Clock,
  type EventStore,
  soleLeases,
  statedNudges,
  type JobQueue,
  type Leases,
  type MachineCatalog,
  type ProviderContact,
  type ReadCounter,
  type ServiceFlow,
  type ViewStore,
  type WorkStore,
} from '@drover/ports';
import { connectionSetDecider } from '../domain/connection-set.decider.js';
import { connectionDecider } from '../domain/connection.decider.js';
import { connectionStream } from '../domain/connection.js';
import { vmDecider } from '../domain/vm.decider.js';
import { livingIn, vmStream } from '../domain/vm.js';
import { editVm } from './machines/edit-vm.command.js';
import { refreshConnection } from './connections/refresh-connection.command.js';
import { registerVm } from './machines/register-vm.command.js';
import { resetConnection } from './connections/reset-connection.command.js';
import { retireVm } from './machines/retire-vm.command.js';
import { inventoryPublished, isPublic } from './inventory.published.js';
import { CONNECTION_WATCH, whereHeld } from './discovery/connection-lease.js';
import { READ_AGAIN } from './discovery/doubted-machines.js';
import { REFRESH } from './discovery/listing-schedule.js';
import { connectionRefresh, hearRefresh, wakesRefresh } from './discovery/connection-refresh.policy.js';
import { connectionWatch, wakesWatch, type ConfiguredConnection } from './discovery/connection-watch.policy.js';
import { runtimeState } from './discovery/runtime-state.js';
import { identityListing } from './discovery/identity-listing.policy.js';
import { observationRecorder } from './discovery/observe-machines.js';
import { catalogHearingRemovals } from './discovery/removals.js';
import { powerOutcomes } from './discovery/power-outcomes.js';
import { heedMerges } from './discovery/heed-merges.js';
import { lookAgain } from './discovery/look-again.policy.js';
import { readAgain } from './discovery/read-again.policy.js';
import { connectionsView, type ConnectionRow } from './connections/connections.projection.js';
import { vmDirectory, type KnownVm } from './machines/vm-directory.projection.js';
import { powerOperations, type PowerOperation } from './machines/power-operations.projection.js';
import { refreshUseCases } from './operations/refresh-operations.use-cases.js';
import { aliasClaims } from './identity/alias-claims.js';
import { aliasRegistry, MERGE_MACHINES } from './identity/alias-registry.js';
import { mergeMachines } from './identity/merge-machines.policy.js';
import { releasing } from './identity/releasing.js';
import { getConnection } from './connections/get-connection.query.js';
import { powerVerdicts, powerVerdictsView } from './discovery/power-verdicts.js';
import { listConnections } from './connections/list-connections.query.js';
import { toldUpTo } from './machines/told-up-to.js';
import { testConnection } from './connections/test-connection.query.js';

/** Everything inventory can be asked. A line here is a handler on the bus; `inventory.routes.ts` says which routes reach it. */
export const inventoryTable = {
  commands: { registerVm, editVm, retireVm, refreshConnection, resetConnection, ...refreshUseCases.commands },
  queries: { testConnection, listConnections, getConnection, ...refreshUseCases.queries },
};

/** What the capability needs from the house. */
export interface InventoryPorts {
  readonly eventStore: EventStore;
  readonly views: ViewStore;
  readonly work: WorkStore;
  readonly jobs: JobQueue;
  readonly clock: Clock;
  /** By how many milliseconds the time of day was set forward since an instant. */
  readonly leapt?: (since: Instant) => number;
  readonly catalog: MachineCatalog;
  /** Whether the providers answer. */
  readonly contact: ProviderContact;
  /** Numbers what this process reads: the catalog's readings and those of power. */
  readonly reads: ReadCounter;
  readonly stopping: AbortSignal;
  /** What the file of connections and the simulator state. */
  readonly configured: readonly ConfiguredConnection[];
  readonly report: (where: string, error: unknown) => void;
  /** By which one process of the service reads and reconciles; without them this one does. */
  readonly leases?: Leases | null;
  /** What observing and the readers of the process may take of the event loop together. */
  readonly share?: LoopShare;
  /** From 0 to 1, for back-offs. */
  readonly random?: () => number;
}

/** The jobs that inventory nudges, all of them its own. */
const NUDGES = [CONNECTION_WATCH, REFRESH, READ_AGAIN, MERGE_MACHINES];

/** Everything inventory can do, with its ports in place. No framework; nothing works before its flow does. */
export const inventoryUseCases = async ({ random = Math.random, jobs, ...more }: InventoryPorts) => {
  const given = { ...more, jobs: statedNudges(jobs, 'inventory', NUDGES) };
  const { eventStore, views, clock, leapt = () => 0 } = given;
  const options = { isPublic, leapt };
  const own = await views.open('inventory', [vmDirectory, connectionsView]);
  const outcomes = await views.open('inventory.power', [powerVerdictsView]);
  const operations = await views.open('inventory.power-operations', [powerOperations]);
  const known = own.view<KnownVm>(vmDirectory.view);
  const stored = streamsOf(vmDecider, eventStore, options);
  const claims = aliasClaims({ eventStore, vms: stored, clock, leapt });
  const vms = releasing(stored, claims);
  const registry = aliasRegistry({ ...given, vms, claims, group: own, known });
  const verdicts = powerVerdicts(outcomes);
  const recorder = observationRecorder({ ...given, vms, known, verdicts });
  const audit = auditOf('inventory', eventStore, () => clock.now());
  const ages = elapsedOn(clock);
  eventStore.subscribe((commits) => commits.forEach((commit) => hearRefresh(ages, commit)));
  const connections = streamsOf(connectionDecider, eventStore, options);
  // From the streams, so that a decision knows of the last change; of a machine retired or not.
  const groupsOf = groupsIn({
    vm: async (id) => livingIn((await vms.load(vmStream(id))).state),
    connection: async (id) => {
      const { state } = await connections.load(connectionStream(id));
      return state.is === 'known' ? state.settings : null;
    },
  });
  const denied = denialsIn(audit);
  const discoveryPorts = { ...given, connections, known, registry, recorder, runtime: runtimeState() };
  const ports = {
    ...discoveryPorts,
    groupsOf,
    denied,
    catalog: catalogHearingRemovals(given.catalog, discoveryPorts),
    ages,
    random,
    connectionSets: streamsOf(connectionSetDecider, eventStore, options),
    leases: given.leases ?? soleLeases('inventory'),
    vms,
    claims,
    verdicts,
    audit,
    news: streamNotifier(eventStore),
    rows: own.view<ConnectionRow>('connections'),
    toldUpTo: () => toldUpTo({ group: own, eventStore, clock }),
    powerOperations: operations.view<PowerOperation>(powerOperations.view),
  };
  const whole = wholeStore(eventStore);

  const forgetMerges = heedMerges(ports);
  const watch = connectionWatch(ports);
  const rereading = readAgain(ports);
  /** A failure is no loss: the reconciler asks the same within seconds. */
  const nudgeUnsettled = async () => {
    const ids = await rereading.unfinished().catch(() => []);
    for (const id of ids) given.jobs.nudge(rereading.name, id);
  };
  const flow: ServiceFlow = {
    service: 'inventory',
    eventStore,
    work: given.work,
    ...(given.leases && { leases: given.leases }),
    publish: inventoryPublished,
    own: { group: own, projections: [vmDirectory, connectionsView] },
    consumers: [
      powerOutcomes(outcomes, ports, () => void nudgeUnsettled()),
      viewConsumer('inventory', 'power-operations', operations, [powerOperations], given),
    ],
    begin: watch.begin,
    nudges: NUDGES,
    policies: [
      { policy: watch, wakes: wakesWatch },
      { policy: whereHeld(connectionRefresh(ports), ports), wakes: wakesRefresh },
      { policy: whereHeld(rereading, ports), wakes: () => null },
      { policy: mergeMachines(ports), wakes: () => null },
      { policy: whereHeld(identityListing(ports), ports), wakes: () => null },
      { policy: lookAgain(ports), wakes: () => null },
    ],
  };
  return {
    ...bindAll(inventoryTable, ports, { denied, groupsOf, beforeDeciding: whole }),
    audit,
    flow,
    /** Ends the sessions with the providers; resolves when they write no more. */
    stop: () => eachStep(watch.stop, recorder.stop, registry.stop, async () => forgetMerges()),
  };
};

/** The commands and queries of inventory, as routes and tests call them. */
export type InventoryDoes = UseCases<typeof inventoryTable>;

/** Inventory, ready to be mounted. */
export type InventoryUseCases = Awaited<ReturnType<typeof inventoryUseCases>>;
