// What inventory and power say in the specs of a gateway: of one connection, and of machines that a number names. Each saying
// is one public event. Never: decide here what an event means; that is what the specs look at.
import { eventType, type DataOf, type EventType } from '@drover/contracts';
import {
  ConnectionId,
  ConnectionKind,
  Instant,
  StreamId,
  VmId,
  type BulkId,
  type ConnectionState,
  type OperationId,
} from '@drover/kernel';
import type { Disks } from '../testing.js';

/** The connection that all machines of the specs are of. */
export const SITE = ConnectionId.parse('site-a');

/** A machine's id that is the same in every run. */
export const vmId = (n: number) => VmId.ofInstance(SITE, `machine-${n}`);

/** Who says it, and what time it is then. */
type Speakers = Pick<Disks, 'inventory' | 'power' | 'clock'>;

const vm = (n: number) => ({ stream: StreamId.of('vm', vmId(n)), subject: `vm/${vmId(n)}`, key: vmId(n) });
const connection = { stream: StreamId.of('connection', SITE), subject: `connection/${SITE}`, key: SITE };

/** What inventory says of the connection. */
const connectionTelling = ({ inventory }: Speakers) => {
  const turned = (to: ConnectionState, code: string | null = null) =>
    inventory.tell(eventType('inventory', 'connection-state-changed'), {
      ...connection,
      data: { from: 'unknown', to, code },
    });
  return {
    connected: async (state: ConnectionState = 'up', kind: 'simulator' | 'vsphere' = 'simulator') => {
      const data = {
        ...{ name: 'Site A', kind: ConnectionKind.parse(kind), url: null, region: null, credentialRef: null },
        ...{ tls: { mode: 'system', value: null } as const, allow: [], groupIds: [], revision: 1 },
      } as const;
      await inventory.tell(eventType('inventory', 'connection-added'), { ...connection, data });
      await turned(state);
    },
    connection: turned,
    /** Which connections there are, after each was told of. */
    configured: (...connectionIds: readonly ConnectionId[]) =>
      inventory.tell(eventType('inventory', 'connections-configured'), {
        ...{ stream: StreamId.of('connections', 'configured'), subject: 'connections/configured', key: 'configured' },
        data: { connectionIds },
      }),
    blocked: () =>
      inventory.tell(eventType('inventory', 'connection-sign-in-failed'), {
        ...connection,
        data: { service: 'inventory', revision: 1 },
      }),
    listed: () =>
      inventory.tell(eventType('inventory', 'connection-refreshed'), {
        ...connection,
        data: { op: null, seen: 1, added: 1, changed: 0, missing: 0, complete: true },
      }),
  };
};

const hardware = (cpus: number, observedAt: Instant) => ({
  ...{ cpus, memoryBytes: cpus * 2048, os: 'linux', toolsVersion: null, observedAt },
  ...{ path: null, datacenter: null, host: null, addresses: [], disks: [], networks: [] },
});

/** What inventory says of a machine. */
const machineTelling = ({ inventory, clock }: Speakers) => {
  const tell = <Type extends EventType<'inventory'>>(n: number, type: Type, data: DataOf<Type>) =>
    inventory.tell(type, { ...vm(n), data });
  return {
    discovered: (n: number, name = `vm-${n}`, groupIds: readonly string[] = []) => {
      const aliases = [{ source: SITE, kind: 'instance-uuid', value: `UUID-${n}` } as const];
      const found = { connectionId: SITE, aliases, name, groupIds, hardware: hardware(2, clock.now()) };
      return tell(n, eventType('inventory', 'vm-discovered'), found);
    },
    registered: (n: number, name: string) =>
      tell(n, eventType('inventory', 'vm-registered'), { connectionId: null, aliases: [], name, groupIds: [] }),
    observed: (n: number, power: 'poweredOn' | 'poweredOff' | 'suspended', bootAt: Instant | null = null) =>
      tell(n, eventType('inventory', 'vm-power-observed'), {
        ...{ power, tools: 'toolsOk', observedAt: clock.now(), bootAt },
      }),
    described: (n: number, name: string) =>
      tell(n, eventType('inventory', 'vm-described'), { name, hardware: hardware(4, clock.now()) }),
    edited: (n: number, labels: Readonly<Record<string, string>>) =>
      tell(n, eventType('inventory', 'vm-edited'), { displayName: null, description: null, labels }),
    missing: (n: number) => tell(n, eventType('inventory', 'vm-went-missing'), { lastSeenAt: clock.now() }),
    merged: async (n: number, into: number) => {
      await tell(n, eventType('inventory', 'vm-merged'), { intoVmId: vmId(into) });
      await tell(n, eventType('inventory', 'vm-retired'), { cause: 'merged' });
    },
    retired: (n: number) => tell(n, eventType('inventory', 'vm-retired'), { cause: 'gone' }),
  };
};

/** What power says of a machine, of its operation number `ordinal`. */
const powerTelling = ({ power, clock }: Speakers) => {
  const tell = <Type extends EventType<'power'>>(n: number, type: Type, data: DataOf<Type>, ordinal = 1) => {
    const stream = StreamId.of('power', vmId(n));
    const operationid = `power.${stream}.${ordinal}` as OperationId;
    return power.tell(type, { ...vm(n), stream, data, operationid });
  };
  return {
    power: tell,
    off: (n: number, ordinal = 1, bulkId: BulkId | null = null) => {
      const deadline = Instant.plusSeconds(clock.now(), 300);
      const request = { op: ordinal, mode: 'soft', deadline, gracefulUntil: null } as const;
      const cause = { runId: null, scheduleId: null, bulkId };
      return tell(n, eventType('power', 'power-off-requested'), { ...request, ...cause }, ordinal);
    },
    isOff: (n: number, ordinal = 1) => {
      const verdict = { op: ordinal, method: 'graceful', previousState: 'poweredOn', durationSeconds: 5 } as const;
      return tell(n, eventType('power', 'vm-powered-off'), { ...verdict, observedAt: clock.now() }, ordinal);
    },
  };
};

/** Everything that a spec has told of the connection and of machines. */
export const fleetTelling = (speakers: Speakers) => ({
  ...connectionTelling(speakers),
  ...machineTelling(speakers),
  ...powerTelling(speakers),
});
