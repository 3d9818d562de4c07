// What the specs of inventory are made of: machines, a fleet as the gateway would show it, a house on memory.
import type { CloudEvent, Vm, VmChange } from '@drover/contracts';
import {
  ConnectionId,
  ConnectionKind,
  Instant,
  isRejection,
  rights,
  VmId,
  type Actor,
  type Rejection,
} from '@drover/kernel';
import {
  flowsOf,
  memoryEventBus,
  memoryEventStore,
  memoryJobQueue,
  memoryMachineCatalog,
  memoryProviderContact,
  memoryViewStore,
  readCounter,
  memoryWorkStore,
  virtualClock,
  type EventStore,
  type Machine,
  type UnreadMachine,
  type MachineBatch,
  type MachineCatalog,
  type ReadCounter,
  type ViewStore,
  type VirtualClock,
  type Leases,
} from '@drover/ports';
import { inventoryUseCases, type InventoryPorts } from './application/inventory.use-cases.js';
import type { ConfiguredConnection } from './application/discovery/connection-watch.policy.js';
import { evolve, livingIn, initialVm, vmStream } from './domain/vm.js';
import type { VmFact } from './domain/vm.events.js';

/** A connection to a provider that exists in memory. */
export const siteA: ConfiguredConnection = {
  ...{
    id: ConnectionId.parse('site-a'),
    name: 'Site A',
    kind: ConnectionKind.parse('vsphere'),
    url: 'https://vcenter-01.example.test/sdk',
  },
  ...{ region: null, credentialRef: 'env:SITE_A', tls: { mode: 'system', value: null }, allow: [], groupIds: ['prod'] },
};

/** Who may do everything; each key is another request. */
export const ana = (commandId?: string): Actor => ({
  ...{ sub: 'ana', rights, requestId: 'r1' },
  ...(commandId !== undefined && { commandId: commandId as NonNullable<Actor['commandId']> }),
});

/** A listing of nobody. */
export const none: MachineBatch = { machines: [], skipped: [] };

/** A machine as its provider reports it; the same number is the same machine. */
export const machine = (n: number, at: Instant, more: Partial<Machine> = {}): UnreadMachine => {
  const key = `5000${String(n).padStart(4, '0')}-0000-4000-8000-000000000000`;
  const alias = { source: siteA.id, kind: 'instance-uuid', value: key } as const;
  const hardware = {
    ...{ cpus: 2, memoryBytes: 2 ** 31, os: 'Debian 12', toolsVersion: null, path: null, datacenter: 'dc', host: 'h1' },
    ...{ addresses: ['192.0.2.1'], disks: [], networks: [], observedAt: at },
  };
  return {
    ...{ key, name: `web-${n}`, aliases: [alias], hardware },
    ...{ power: 'poweredOn', tools: 'toolsOk', bootAt: null, observedAt: at },
    ...{ connectionState: 'connected', template: false },
    ...more,
  };
};

/** A reading of that machine, asked for at that moment: the later moment has the higher number. */
export const readAt = (n: number, at: Instant, more: Partial<Machine> = {}): Machine => ({
  ...{ run: 'spec', n: Date.parse(at) },
  ...machine(n, at, more),
});

/** The id under which inventory knows the machine of that number. */
export const idOf = (n: number) => VmId.ofInstance(siteA.id, machine(n, Instant.ofMs(0)).key);

/** A view of machines as the gateway would have it, folded from the store on the spot. */
export const viewsOf = (eventStore: EventStore) => {
  const fold = async (vmId: VmId, more: readonly VmFact[] = []): Promise<Vm> => {
    const commits = await eventStore.read(vmStream(vmId));
    const facts = [...commits.flatMap((commit) => commit.facts.map(({ fact }) => fact as VmFact)), ...more];
    const [state, now] = [facts.reduce(evolve, initialVm), commits.at(-1)?.metadata.at ?? Instant.ofMs(0)];
    const vm = livingIn(state);
    if (!vm) throw new Error('no such machine');
    const { name, aliases, connectionId, groupIds, said } = vm;
    const hardware = vm.is === 'registered' ? null : vm.hardware;
    const unread = { power: 'unknown', tools: 'unknown', observedAt: null } as const;
    const { power, tools, observedAt } = vm.is === 'registered' ? unread : vm.reading;
    const lifecycle = state.is === 'retired' ? 'retired' : 'active';
    const cause = state.is === 'retired' ? state.cause : null;
    const never = { lastChangeAt: null, uptimeSeconds: null, heldByRunId: null, desired: null, lastKnown: null };
    const unprotected = { jobId: null, runId: null, lastSyncAt: null, rpoSeconds: null, rpoMet: null };
    return {
      kind: vm.template ? 'template' : 'machine',
      ...{ id: vmId, name, aliases, connectionId, groupIds, displayName: said.displayName },
      ...{ description: said.description ?? '', labels: said.labels, type: 'server', hardware },
      lifecycle: { state: lifecycle, since: now, cause },
      power: { state: power, tools, observedAt, ...never },
      protection: { state: 'discovered', since: now, ...unprotected },
      health: { state: 'unknown', reasons: [], lastContactAt: null },
      ...{ reported: null, operations: { power: null, protection: null } },
      ...{ locked: false, unclaimed: false, worker: false },
      ...{ asOf: now, stale: false, version: `"i${facts.length}.p0.r0.m0"` },
    };
  };
  const factOf = ({ type, data }: CloudEvent) => {
    const name = type.split('.')[3]?.replace(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase());
    return { type: name, ...data } as VmFact;
  };
  const after: (vmId: VmId, sequence: number) => Promise<Vm> = (vmId) => fold(vmId);
  const preview = (vmId: VmId, events: readonly CloudEvent[]) => fold(vmId, events.map(factOf));
  /** A command whose answers are dressed, as a door does it. */
  const dressed =
    <Input, Refused extends Rejection>(command: (input: Input, actor: Actor) => Promise<VmChange | Refused>) =>
    async (input: Input, actor: Actor) => {
      const answer = await command(input, actor);
      if (isRejection(answer)) return answer;
      const { vmId, sequence, events, replayed } = answer;
      return { vmId, replayed, vm: await (actor.dryRun ? preview(vmId, events) : after(vmId, sequence)) };
    };
  return { after, preview, dressed };
};

/** What a house is opened with. What is left out is new and empty. */
export interface HouseOptions {
  readonly clock?: VirtualClock;
  /** Numbers the readings of the catalog in memory, and those that a test makes. */
  readonly reads?: ReadCounter;
  readonly eventStore?: EventStore;
  readonly views?: ViewStore;
  readonly catalog?: MachineCatalog;
  readonly configured?: readonly ConfiguredConnection[];
  readonly leases?: Leases;
}

/** Inventory on memory adapters, with everything that flows; it runs after `start()`, and while the clock goes on. */
export const openHouse = async (opening: HouseOptions = {}) => {
  const clock = opening.clock ?? virtualClock();
  const eventStore = opening.eventStore ?? memoryEventStore();
  const reads = opening.reads ?? readCounter('memory');
  const views = opening.views ?? memoryViewStore(clock);
  const machines = memoryMachineCatalog(() => clock.now(), [], reads);
  const contact = memoryProviderContact(clock);
  const reported: string[] = [];
  const report = (where: string, error: unknown) => void reported.push(`${where}: ${String(error)}`);
  const bus = memoryEventBus(clock, report);
  const jobs = memoryJobQueue(
    clock,
    (job, key, error) => report(`${job} ${key}`, error),
    () => 1,
  );
  const flows = flowsOf({ bus, jobs, clock, report });
  const stopping = new AbortController();
  const ports: InventoryPorts = {
    ...{ eventStore, jobs, clock, reads, random: () => 1, stopping: stopping.signal, views },
    ...{ work: memoryWorkStore(), report },
    catalog: opening.catalog ?? machines,
    contact,
    configured: opening.configured ?? [siteA],
    ...(opening.leases && { leases: opening.leases }),
  };
  const plain = await inventoryUseCases(ports);
  const shown = viewsOf(eventStore);
  const { registerVm, editVm, retireVm } = plain;
  const inventory = {
    ...plain,
    registerVm: shown.dressed(registerVm),
    editVm: shown.dressed(editVm),
    retireVm: shown.dressed(retireVm),
  };
  flows.add(inventory.flow);
  /** Starts what flows, and lets the first things happen. */
  const start = async () => {
    await flows.start();
    await clock.advance(10);
  };
  const close = async () => {
    stopping.abort(new Error('the process stops'));
    await inventory.stop();
    const stopped = flows.stop();
    await clock.advance(60_000);
    await stopped;
  };
  /** Every fact, in the order of the log, with its stream. */
  const facts = async () => {
    const commits = await eventStore.readAll(0, 1_000_000);
    return commits.flatMap((commit) => commit.facts.map(({ fact }) => ({ stream: commit.stream, ...fact })));
  };
  return {
    ...{ clock, contact, reads, eventStore, machines, jobs, flows, bus, ports },
    ...{ inventory, reported, start, close, facts, shown },
  };
};
