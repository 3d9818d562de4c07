// Everything that power can be asked, and what runs by itself: its table of commands and queries, its views and its
// policies, put together from the ports that a process gives. No framework: a test or a script calls it as the API does.
// Never: a decision, or a choice of an adapter.
import { groupsIn, LOOK_AGAIN, type CloudEvent } from '@drover/contracts';
import { bindAll, StreamId, type Fact, type Instant, type UseCases } from '@drover/kernel';
import type { OpenOperationRow } from '@drover/operations';
import {
  auditOf,
  statedNudges,
  denialsIn,
  viewConsumer,
  memoryProviderContact,
  streamNotifier,
  streamsOf,
  wholeStore,
  type Clock,
  type Commit,
  type EventStore,
  type JobQueue,
  type Leases,
  type PowerControl,
  type ProcessLease,
  type ProviderContact,
  type ServiceFlow,
  type ViewStore,
  type WorkStore,
} from '@drover/ports';
import { bulkDecider } from '../domain/bulk.decider.js';
import { powerDecider } from '../domain/power.decider.js';
import { signInDecider } from '../domain/sign-in.decider.js';
import { powerOffVm } from './requests/power-off-vm.command.js';
import { powerOnVm } from './requests/power-on-vm.command.js';
import { restartVm } from './requests/restart-vm.command.js';
import { startBulk } from './bulk/start-bulk.command.js';
import { bulkPolicy } from './bulk/bulk.policy.js';
import { checkPolicy } from './work/check.policy.js';
import { perConnection, SHARE } from './work/per-connection.js';
import type { Crash } from './work/execute-step.js';
import { powerPolicy } from './work/power.policy.js';
import { isPublic, powerPublished } from './power.published.js';
import { connectionDirectory } from './directory/connection-directory.projection.js';
import { beginsOperation, openOperations } from './operations/open-operations.projection.js';
import { vmDirectory } from './directory/vm-directory.projection.js';
import { directoryOf } from './directory/directory.js';
import { lookTimes } from './work/look-times.js';
import { operationTimes } from './work/operation-time.js';
import { powerOperationUseCases } from './operations/power-operations.use-cases.js';
import { powerState } from './source/power-state.query.js';
import { resolveVm } from './source/resolve-vm.query.js';
import { sourceEnd } from './source/source-end.query.js';

/** What can be asked for one machine, each under the name of its route in the catalogue. */
export const vmRequests = { powerOff: powerOffVm, powerOn: powerOnVm, restart: restartVm };

/** Everything power can be asked. A line here is a handler on the bus; `power.routes.ts` says which routes reach it. */
export const powerTable = {
  commands: { ...vmRequests, startBulk, ...powerOperationUseCases.commands },
  queries: { powerState, sourceEnd, resolveVm, ...powerOperationUseCases.queries },
};

/** What the capability needs from the house. */
export interface PowerPorts {
  readonly eventStore: EventStore;
  readonly views: ViewStore;
  readonly work: WorkStore;
  readonly jobs: JobQueue;
  readonly clock: Clock;
  /** By how many milliseconds the time of day was set forward since an instant. */
  readonly leapt?: (since: Instant) => number;
  readonly powerControl: PowerControl;
  /** Whether the providers answer; without it they do. */
  readonly contact?: ProviderContact;
  /** That this process lives: another run after each start. */
  readonly process: ProcessLease;
  /** Aborted when the process stops: whoever waits is answered as things stand. */
  readonly stopping: AbortSignal;
  readonly report: (where: string, error: unknown) => void;
  /** By which one process of the service reads and reconciles; without them this one does. */
  readonly leases?: Leases | null;
  readonly crash?: Crash;
  readonly random?: () => number;
}

/** Streams kept folded: a machine each, and more than a fleet of this house has. */
const CACHED = 12_000;
/** The places of all connections together: enough that eight of them can be silent at once and hold up no other. */
const CONCURRENCY = 8 * SHARE;

/** The key that a commit of this kind of stream gives something to do. */
const wakes = (category: string) => (commit: Commit) =>
  StreamId.category(commit.stream) === category &&
  commit.facts.some(({ fact }: { fact: Fact }) => beginsOperation(fact))
    ? StreamId.key(category, commit.stream)
    : null;

/** The jobs that power nudges: its own, and the reading that it asks inventory for. */
const NUDGES = ['power', 'power-check', 'bulk', LOOK_AGAIN];

/** Everything power can do, with its ports in place. */
export const powerUseCases = async (given: PowerPorts) => {
  const { eventStore, views, clock, leapt = () => 0 } = given;
  const jobs = statedNudges(given.jobs, 'power', NUDGES);
  const audit = auditOf('power', eventStore, () => clock.now());
  const denied = denialsIn(audit);
  const whole = wholeStore(eventStore);
  const directoryViews = await views.open('power.directory', [vmDirectory, connectionDirectory]);
  const own = await views.open('power.own', [openOperations]);
  // What inventory has seen of a machine that is being worked on is a reason to look.
  const look = (events: readonly CloudEvent[]) => {
    for (const { type, partitionkey } of events)
      if (type === 'io.drover.inventory.vm-power-observed.v1' && policy.watches(partitionkey))
        jobs.nudge(policy.name, partitionkey);
  };
  const projections = [vmDirectory, connectionDirectory] as const;
  const directory = viewConsumer('power', 'directory', directoryViews, projections, given, look);
  const times = operationTimes(clock, leapt);
  eventStore.subscribe((commits) => commits.forEach(times.hear));
  const entries = directoryOf(directoryViews, (vmId) => directory.parking.head(vmId) !== null);
  const groupsOf = groupsIn({
    vm: async (id) => (await entries.entry(id))?.vm ?? null,
    connection: async () => null, // power knows none of a connection
  });
  const ports = {
    crash: () => {},
    random: Math.random,
    looks: lookTimes(),
    contact: memoryProviderContact(clock),
    ...given,
    jobs,
    powers: streamsOf(powerDecider, eventStore, { isPublic, leapt, cached: CACHED, attempts: 20 }),
    bulks: streamsOf(bulkDecider, eventStore, { isPublic, leapt }),
    signIns: streamsOf(signInDecider, eventStore, { isPublic, attempts: 20 }),
    directory: entries,
    open: own.view<OpenOperationRow>(openOperations.view),
    news: streamNotifier(eventStore),
    times,
    audit,
    denied,
    groupsOf,
  };
  const policy = powerPolicy(ports);
  const flow: ServiceFlow = {
    service: 'power',
    eventStore,
    work: given.work,
    ...(given.leases && { leases: given.leases }),
    publish: powerPublished,
    consumers: [directory],
    own: { group: own, projections: [openOperations] },
    nudges: NUDGES,
    policies: [
      { policy: perConnection(policy, ports), wakes: wakes('power'), concurrency: CONCURRENCY, fenced: true },
      { policy: bulkPolicy(ports), wakes: wakes('bulk') },
      { policy: perConnection(checkPolicy(ports), ports), wakes: () => null, concurrency: CONCURRENCY },
    ],
  };
  return {
    ...bindAll(powerTable, ports, { denied, groupsOf, beforeDeciding: whole }),
    audit,
    flow,
  };
};

/** The commands and queries of power, as routes and tests call them. */
export type PowerDoes = UseCases<typeof powerTable>;

/** Power, ready to be mounted. */
export type PowerUseCases = Awaited<ReturnType<typeof powerUseCases>>;
