import type { CloudEvent, EventType } from '@drover/contracts';
import {
  VmId,
  withAlias,
  type Alias,
  type ConnectionId,
  type GroupId,
  type Hardware,
  type Instant,
  type PowerState,
  type Projection,
  type RecordedOrder,
  type Seen,
} from '@drover/kernel';

/** What power must know of a machine to decide on a request: its names, where it is, and what was observed last. */
export type VmRow = {
  readonly vmId: VmId;
  readonly name: string;
  readonly connectionId: ConnectionId | null;
  /** What its connection knows it by; null when no provider has shown it. */
  readonly instanceUuid: string | null;
  readonly aliases: readonly Alias[];
  readonly groupIds: readonly GroupId[];
  readonly datacenter: string | null;
  readonly path: string | null;
  /** `connectionState`: how its provider reaches it, when it does not. */
  readonly seen: (Seen & RecordedOrder & { readonly connectionState?: string }) | null;
  /** The last state that was one, and when it was read: kept while its provider cannot reach it. */
  readonly lastSeen: { readonly power: Exclude<PowerState, 'unknown'>; readonly observedAt: Instant } | null;
  /** When it was seen to have changed to that state. */
  readonly changedAt: Instant | null;
  readonly template: boolean;
  /** Retired machines stay, so that a request for one is told so. */
  readonly gone: boolean;
  /** The machine that it turned out to be. */
  readonly mergedInto: VmId | null;
  /** The number of the last event of inventory in it. */
  readonly sequence: number;
};

const LISTENS = [
  'io.drover.inventory.vm-discovered.v1',
  'io.drover.inventory.vm-registered.v1',
  'io.drover.inventory.vm-aliased.v1',
  'io.drover.inventory.vm-described.v1',
  'io.drover.inventory.vm-power-observed.v1',
  'io.drover.inventory.vm-merged.v1',
  'io.drover.inventory.vm-retired.v1',
] as const satisfies readonly EventType[];
type Heard = CloudEvent<(typeof LISTENS)[number]>;

const uuidIn = (aliases: readonly Alias[], connectionId: ConnectionId | null) =>
  aliases.find(({ kind, source }) => kind === 'instance-uuid' && source === connectionId)?.value ?? null;

type Entered = Pick<VmRow, 'connectionId' | 'aliases' | 'name' | 'groupIds'> & { readonly template?: boolean };

const known = (
  row: VmRow | null,
  vmId: VmId,
  { connectionId, aliases, name, groupIds, template = false }: Entered,
  sequence: number,
): VmRow => ({
  vmId,
  name,
  connectionId,
  aliases,
  groupIds,
  instanceUuid: uuidIn(aliases, connectionId),
  datacenter: row?.datacenter ?? null,
  path: row?.path ?? null,
  seen: row?.seen ?? null,
  lastSeen: row?.lastSeen ?? null,
  changedAt: row?.changedAt ?? null,
  template,
  gone: false,
  mergedInto: null,
  sequence,
});

const placeIn = ({ hardware }: { readonly hardware: Hardware }) => ({
  datacenter: hardware.datacenter,
  path: hardware.path,
});

/** Its power as inventory observed it. A machine that was out of reach meanwhile has not changed by that. */
const observed = (row: VmRow, { data }: CloudEvent<'io.drover.inventory.vm-power-observed.v1'>): VmRow => {
  const { bootAt: _, after: _after, ...seen } = data;
  const { power, observedAt } = seen;
  if (power === 'unknown') return { ...row, seen };
  const changed = row.lastSeen !== null && row.lastSeen.power !== power;
  return { ...row, seen, lastSeen: { power, observedAt }, changedAt: changed ? observedAt : row.changedAt };
};

const grow = (
  row: VmRow,
  event: Exclude<Heard, CloudEvent<'io.drover.inventory.vm-discovered.v1' | 'io.drover.inventory.vm-registered.v1'>>,
): VmRow => {
  switch (event.type) {
    case 'io.drover.inventory.vm-aliased.v1': {
      const aliases = withAlias(row.aliases, event.data.alias);
      return { ...row, aliases, instanceUuid: uuidIn(aliases, row.connectionId) };
    }
    case 'io.drover.inventory.vm-described.v1':
      return {
        ...{ ...row, name: event.data.name ?? row.name, template: event.data.template ?? row.template },
        ...placeIn(event.data),
      };
    case 'io.drover.inventory.vm-power-observed.v1':
      return observed(row, event);
    case 'io.drover.inventory.vm-merged.v1':
      return { ...row, gone: true, mergedInto: event.data.intoVmId };
    case 'io.drover.inventory.vm-retired.v1':
      return { ...row, gone: true };
  }
};

/**
 * Power's own small picture of inventory: one row for each machine, grown event by event, rebuilt from the first. The
 * order is that of inventory's log, whatever the clocks of its readings said; a repeat changes nothing.
 */
export const vmDirectory = {
  view: 'vm-directory',
  revision: 6,
  listensTo: LISTENS,
  key: ({ partitionkey }) => partitionkey,
  evolve: (row, event) => {
    const sequence = Number(event.sequence);
    if (row && sequence <= row.sequence) return row;
    switch (event.type) {
      case 'io.drover.inventory.vm-discovered.v1':
        return { ...known(row, VmId.parse(event.partitionkey), event.data, sequence), ...placeIn(event.data) };
      case 'io.drover.inventory.vm-registered.v1':
        return known(row, VmId.parse(event.partitionkey), event.data, sequence);
      default:
        return row && { ...grow(row, event), sequence };
    }
  },
  index: {
    /** Whatever it is called: any of its aliases, its name, its id. */
    called: ({ vmId, name, aliases }) => [
      ...new Set([vmId, name, ...aliases.map(({ value }) => value)].map((each) => each.toLowerCase())),
    ],
  },
} as const satisfies Projection<Heard, VmRow>;
