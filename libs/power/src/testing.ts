// What this project's specs stand on: a machine room, and processes that live and die in it. Nothing here is for
// production.
import {
  LOOK_AGAIN,
  eventType,
  toCloudEvent,
  type CloudEvent,
  type DataOf,
  type EventType,
  type PublicEvent,
} from '@drover/contracts';
import {
  CommandId,
  ConnectionId,
  ConnectionKind,
  FactId,
  Instant,
  StreamId,
  VmId,
  type Actor,
  type Right,
} from '@drover/kernel';
import {
  type JobQueue,
  type Clock,
  processLease,
  soleLeases,
  type Leases,
  type ProcessLease,
  flowsOf,
  memoryEventBus,
  memoryEventStore,
  memoryJobQueue,
  memoryPowerControl,
  memoryProviderContact,
  memoryViewStore,
  memoryWorkStore,
  virtualClock,
  watchWallSteps,
  type MachineRef,
  type OperationToken,
  type PowerCall,
  type PowerControl,
  type PublishedLog,
  type Sent,
} from '@drover/ports';
import type { Crash } from './application/work/execute-step.js';
import { powerUseCases, type PowerPorts } from './application/power.use-cases.js';
import { powerStream, type PowerFact } from './domain/power.events.js';

/** When every test begins. */
export const START = Instant.parse('2026-11-20T10:00:00Z');

/** The connection of every machine. */
export const SITE = ConnectionId.parse('site-a');

/** Somebody who may do everything. */
export const ana: Actor = { sub: 'ana', rights: ['vm:read', 'vm:operate', 'vm:force'], requestId: 'r1' };

/** A request of somebody, with its key. */
export const keyed = (key: string, sub = 'ana', rights: readonly Right[] = ana.rights): Actor => ({
  ...{ sub, rights, requestId: `r-${key}` },
  commandId: CommandId.of({ principal: sub, method: 'POST', route: '/', ids: '', key }),
});

type Inventory = Extract<EventType, `io.drover.inventory.${string}`>;

const hardware = {
  ...{ cpus: 1, memoryBytes: 1, os: 'linux', toolsVersion: null, path: null, datacenter: null, host: null },
  ...{ addresses: [], disks: [], networks: [], observedAt: START },
} as const;

/** What inventory would tell, as a log that a test writes. */
const inventoryLog = () => {
  const events: CloudEvent[] = [];
  const grown = new Set<(head: number, since: Instant) => void>();
  const log: PublishedLog = {
    service: 'inventory',
    after: async (position, limit) => {
      const entries = events.slice(position, position + limit);
      return { entries, upTo: position + entries.length };
    },
    end: async () => events.length,
    subscribe: (call) => (grown.add(call), () => void grown.delete(call)),
  };
  const tell = <Type extends Inventory>(type: Type, key: string, data: DataOf<Type>, at = START) => {
    const category = type.includes('.connection-') ? 'connection' : 'vm';
    const said = { type, subject: `${category}/${key}`, partitionkey: key, data } as PublicEvent;
    const origin = {
      service: 'inventory',
      stream: StreamId.of(category, key),
      id: FactId.createAt(at),
      sequence: events.length + 1,
    } as const;
    events.push(toCloudEvent(said, { ...origin, at, actor: 'policy:inventory' }));
    for (const call of grown) call(events.length, at);
  };
  return { log, tell };
};

type Tell = ReturnType<typeof inventoryLog>['tell'];
type MemoryPowerControl = ReturnType<typeof memoryPowerControl>;

/** What every process in a room shares. */
interface Room extends Pick<PowerPorts, 'eventStore' | 'views' | 'work' | 'powerControl'> {
  readonly clock: ReturnType<typeof virtualClock>;
  readonly log: PublishedLog;
}

/** How a machine room answers a call: does it (`obey`), or something else. */
export type Behaviour = (call: PowerCall, obey: () => Promise<Sent>, machine: MachineRef) => Promise<Sent | void>;

/** How a process is started: when it is to die, which run it is, by which clock, and with whom it shares the work. */
export interface Boot {
  readonly crash?: Crash;
  readonly run?: string;
  readonly clock?: Clock;
  readonly leases?: Leases;
  /** How its queue differs from the right one. */
  readonly queued?: (queue: JobQueue) => JobQueue;
  /** How what it knows of living processes differs from what is right. */
  readonly living?: (process: ProcessLease) => ProcessLease;
}

/** What inventory finds and tells of the machines of a room. */
const foundMachines = (tell: Tell, memory: MemoryPowerControl, clock: Pick<Clock, 'now'>) => {
  /** A machine that inventory has found and that is on, with its tools. */
  const machine = (name = 'web-01', bios: string = VmId.create(), seen = true) => {
    const key = VmId.create();
    const vmId = VmId.ofInstance(SITE, key);
    const aliases = [
      { source: SITE, kind: 'instance-uuid', value: key },
      { source: SITE, kind: 'bios-uuid', value: bios },
      { source: null, kind: 'vm-name', value: name },
    ] as const;
    tell(eventType('inventory', 'vm-discovered'), vmId, {
      ...{ connectionId: SITE, aliases, name, groupIds: [] },
      hardware,
    });
    if (seen) observed(vmId);
    memory.machine(vmId).bootAt = Instant.plusSeconds(START, -3600);
    return vmId;
  };
  /** Inventory sees the machine as it is. */
  const observed = (vmId: VmId, change: Partial<DataOf<'io.drover.inventory.vm-power-observed.v1'>> = {}) => {
    const { power, tools, bootAt } = memory.machine(vmId);
    tell(
      eventType('inventory', 'vm-power-observed'),
      vmId,
      { power, tools, bootAt, observedAt: clock.now(), ...change },
      clock.now(),
    );
  };

  /** Inventory hears what the machine is. */
  const described = (vmId: VmId, change: Partial<DataOf<'io.drover.inventory.vm-described.v1'>>) =>
    tell(eventType('inventory', 'vm-described'), vmId, { name: null, hardware, ...change }, clock.now());
  return { machine, observed, described };
};

/** A process: it takes over what the one before left. */
const bootIn = async (room: Room, given: Boot = {}) => {
  const { clock, eventStore, views, work, powerControl, log } = room;
  const { crash, run = VmId.create(), clock: own = clock, leases = soleLeases(run) } = given;
  const { queued = (queue) => queue, living = (process) => process } = given;
  const failures: unknown[] = [];
  const lookedAgain: string[] = [];
  const bus = memoryEventBus(own, (_, error) => failures.push(error));
  const right = memoryJobQueue(
    own,
    (_job, _key, error) => failures.push(error),
    () => 0.5,
  );
  const queue = queued(right);
  const nudge: JobQueue['nudge'] = (name, key, delayMs) => {
    if (name === LOOK_AGAIN) lookedAgain.push(key);
    else queue.nudge(name, key, delayMs);
  };
  const jobs: JobQueue = { ...queue, nudge };
  const flows = flowsOf({ bus, jobs, clock: own, report: (_, error) => failures.push(error) });
  const stopping = new AbortController();
  const contact = memoryProviderContact(clock);
  const held = processLease(run, { leases, clock: own, report: (_, error) => failures.push(error) });
  await held.start();
  const ports: PowerPorts = {
    eventStore,
    views,
    jobs,
    clock: own,
    powerControl,
    contact,
    process: living(held),
    work,
    leapt: watchWallSteps(clock, () => {}).leapt,
    report: (_, error) => failures.push(error),
    stopping: stopping.signal,
    random: () => 0.5,
  };
  const power = await powerUseCases({ ...ports, ...(crash && { crash }) });
  bus.offer(log);
  flows.add(power.flow);
  await flows.start();
  const unfinished = async () =>
    (await Promise.all(power.flow.policies.map(({ policy }) => policy.unfinished()))).flat();
  return {
    power,
    flows,
    jobs,
    contact,
    failures,
    lookedAgain,
    ports,
    stop: () => stopping.abort(),
    kill: async () => {
      held.stop();
      await flows.stop();
    },
    unfinished,
  };
};

/** A machine room, the time in it, and what survives a process: the facts and the views. */
export const machineRoom = () => {
  const clock = virtualClock(START);
  const eventStore = memoryEventStore();
  const views = memoryViewStore(clock);
  const work = memoryWorkStore();
  const memory: MemoryPowerControl = memoryPowerControl(() => clock.now());
  const { log, tell } = inventoryLog();
  const room = {
    behave: ((_, obey) => obey()) as Behaviour,
    fault: null as (() => Error) | null,
    question: null as string | null,
    reads: 0,
  };
  const made: { readonly vmId: VmId; readonly call: PowerCall; readonly token: OperationToken }[] = [];
  const powerControl: PowerControl = {
    read: async (machine, signal) => {
      room.reads += 1;
      if (room.fault) throw room.fault();
      return { ...(await memory.read(machine, signal)), question: room.question };
    },
    send: async (machine, call, token, signal) => {
      made.push({ call, token, vmId: machine.vmId });
      return (await room.behave(call, () => memory.send(machine, call, token, signal), machine)) ?? {};
    },
  };

  tell(eventType('inventory', 'connection-added'), SITE, {
    ...{
      name: 'Site A',
      kind: ConnectionKind.parse('simulator'),
      url: 'https://vcenter-01.example.test/sdk',
      region: null,
    },
    credentialRef: null,
    ...{ tls: { mode: 'system', value: null }, allow: [], groupIds: [], revision: 1 },
  });

  const found = foundMachines(tell, memory, clock);
  /** The facts of a machine in short; looks left out. */
  const facts = async (vmId: VmId) =>
    (await eventStore.read(powerStream(vmId)))
      .flatMap((commit) => commit.facts.map(({ fact }) => fact as PowerFact))
      .filter((fact) => fact.type !== 'LeaseTaken' && !(fact.type === 'StepFinished' && fact.step === 'verify'))
      .map((fact) =>
        [
          fact.type,
          'step' in fact && fact.step,
          'attempt' in fact && fact.attempt,
          'outcome' in fact && fact.outcome !== 'succeeded' && fact.outcome,
        ]
          .filter(Boolean)
          .join(' '),
      );
  /** What was sent to a machine, whatever came of it. */
  const calls = (vmId?: VmId) => made.filter((each) => !vmId || each.vmId === vmId).map(({ call }) => call);
  const shared = { clock, eventStore, views, work, powerControl, log };
  const boot = (given: Boot = {}) => bootIn(shared, given);
  return { ...shared, ...found, room, memory, tell, boot, facts, calls, made };
};

/** The room, for signatures. */
export type MachineRoom = ReturnType<typeof machineRoom>;

/** A process in the room, for signatures. */
export type Process = Awaited<ReturnType<MachineRoom['boot']>>;
