// What the specs of the fleet's rows are made of: the events of a machine, and the row they come to.
import { toCloudEvent, type CloudEvent, type PublicEvent, type Service } from '@drover/contracts';
import { FactId, Instant, StreamId } from '@drover/kernel';
import { NOON, SITE, vmId } from '../../testing.js';
import { membersOf, knownVmRow } from '../fleet/vm-members.js';
import type { VmRow } from '../fleet/vm-row.js';
import { vmsProjection } from '../fleet/vms.projection.js';

/** The machine. */
export const id = vmId(1);
/** So many seconds after noon. */
export const after = (seconds: number) => Instant.plusSeconds(NOON, seconds);
const hardware = {
  cpus: 2,
  memoryBytes: 1,
  os: 'linux',
  toolsVersion: null,
  path: null,
  datacenter: null,
  host: null,
  addresses: [],
  disks: [],
  networks: [],
  observedAt: NOON,
};

/** Events of one stream, numbered, a second apart. */
export const stream = (
  service: Service,
  told: readonly (readonly [string, object])[],
  operation: string | null = null,
) =>
  told.map(([name, data], i) =>
    toCloudEvent(
      {
        type: `io.drover.${service}.${name}.v1`,
        subject: `vm/${id}`,
        partitionkey: id,
        data,
        ...(operation && { operationid: operation }),
      } as object as PublicEvent,
      { service, stream: StreamId.of(service, id), id: FactId.create(), sequence: i + 1, at: after(i), actor: 'ana' },
    ),
  );
/** The row after these events, in this order, and what is shown of it. */
export const fold = (events: readonly CloudEvent[], simulated = false, from: VmRow | null = null) => {
  const row = events.reduce<VmRow | null>(
    (before, event, i) => vmsProjection.evolve(before, { type: event.type, position: i + 1, event, simulated }),
    from,
  );
  return row && { ...row, ...membersOf(knownVmRow(row)) };
};

/** Inventory finds it. */
export const discovered = [
  'vm-discovered',
  { connectionId: SITE, aliases: [], name: 'KAFKA_0', groupIds: ['prod'], hardware },
] as const;
/** Inventory observes that it runs. */
export const on = (seconds: number, bootAt: Instant | null) =>
  ['vm-power-observed', { power: 'poweredOn', tools: 'toolsOk', observedAt: after(seconds), bootAt }] as const;
/** What a verdict of power says beside its instant. */
export const done = { op: 1, method: 'graceful', previousState: 'poweredOn', durationSeconds: 5 };
