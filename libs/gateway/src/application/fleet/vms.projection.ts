import { eventTypes, type EventType } from '@drover/contracts';
import type { Projection } from '@drover/kernel';
import { byInventory, isInventoryVmEvent } from './vm-inventory.js';
import { vmOf, type Journalled } from '../journal/journalled.js';
import { byPower, isPowerVmEvent } from './vm-power.js';
import { unknownVm, type VmRow } from './vm-row.js';

const text = ({ kind, value }: { readonly kind: string; readonly value: string }) => `${kind}:${value}`;
/** Ids that systems write in either case are found in either. */
const cased = new Set(['instance-uuid', 'bios-uuid', 'hostname']);

/** An alias as it is looked up. */
export const aliasText = (alias: { readonly kind: string; readonly value: string }) =>
  text(cased.has(alias.kind) ? { ...alias, value: alias.value.toLowerCase() } : alias);

/** Rows that are shown at all. */
const shown =
  <Value>(value: (row: VmRow) => Value) =>
  (row: VmRow) =>
    row.known ? value(row) : null;
/** Rows that are counted: whoever is retired is only counted as that. */
const living = <Value>(value: (row: VmRow) => Value) =>
  shown((row) => (row.lifecycle.state === 'retired' ? null : value(row)));

/**
 * The fleet: one row for each machine, of what inventory and power tell. The two logs arrive in any order beside each
 * other, so each writes its own members, and the power that is shown is made from both. A repeat changes nothing.
 */
export const vmsProjection: Projection<Journalled, VmRow> = {
  view: 'vms',
  revision: 6,
  listensTo: eventTypes.filter((type: EventType) => /^io\.drover\.(inventory|power)\./.test(type)),
  key: ({ event }) => vmOf(event),
  evolve: (before, { event, simulated }) => {
    const id = vmOf(event);
    if (!id) return before;
    const row = before ?? unknownVm(id, event.time);
    const sequence = Number(event.sequence);
    if (isInventoryVmEvent(event))
      return sequence <= row.i ? row : { ...byInventory(row, event, simulated), i: sequence };
    if (isPowerVmEvent(event)) return sequence <= row.p ? row : { ...byPower(row, event), p: sequence };
    return before;
  },
  index: {
    name: shown(({ name }) => name),
    kind: shown(({ kind }) => kind),
    group: shown(({ groupIds }) => groupIds),
    connection: shown(({ connectionId }) => connectionId),
    lifecycle: shown(({ lifecycle }) => lifecycle.state),
    power: shown(({ power }) => power.state),
    'power.observedAt': shown(({ power }) => power.observedAt),
    protection: shown(({ protection }) => protection.state),
    health: shown(({ health }) => health.state),
    label: shown(({ labels }) => Object.entries(labels).map(([key, value]) => `${key}:${value}`)),
    alias: shown(({ aliases }) => aliases.map(aliasText)),
    unclaimed: shown(({ unclaimed }) => unclaimed),
    worker: shown(({ worker }) => worker),
    'fleet.power': living(({ power, kind }) => (kind === 'template' ? null : power.state)),
    'fleet.protection': living(({ protection }) => protection.state),
    'fleet.health': living(({ health }) => health.state),
  },
};
