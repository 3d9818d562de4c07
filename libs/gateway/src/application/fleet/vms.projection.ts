// The fleet: the gateway's directory of machines. What inventory tells is folded by `foldVm`, as in every service; what power
// tells is folded beside it, into members of its own, since the two logs arrive in any order. Never: a member of the one
// log written by an event of the other, or a member that can be made from others when a row is read.
import { eventTypes, foldVm, isVmEvent, type EventType, type VmEvent } from '@drover/contracts';
import type { Projection } from '@drover/kernel';
import { vmOf, type Journalled } from '../journal/journalled.js';
import { healthOf, kindOf, labelsOf, lifecycleOf, powerOf, PROTECTION, UNTOLD } from './vm-members.js';
import { byPower, isPowerVmEvent } from './vm-power.js';
import { unknownVmRow, type KnownVmRow, type VmRow } from './vm-row.js';

const text = ({ kind, value }: { readonly kind: string; readonly value: string }) => `${kind}:${value}`;
/** Ids that systems write in either case are found in either. */
const cased = new Set(['instance-uuid', 'bios-uuid', 'hostname']);

/** An alias as it is looked up. */
export const aliasText = (alias: { readonly kind: string; readonly value: string }) =>
  text(cased.has(alias.kind) ? { ...alias, value: alias.value.toLowerCase() } : alias);

/** Rows that are shown at all. */
const shown =
  <Value>(value: (row: KnownVmRow) => Value) =>
  (row: VmRow) =>
    row.known ? value(row) : null;
/** Rows that are counted: whoever is retired is only counted as that. */
const living = <Value>(value: (row: KnownVmRow) => Value) =>
  shown((row) => (row.life.is === 'retired' ? null : value(row)));

/** The row after something that inventory told. `simulated`: whether the connection that the event names is a simulator. */
const byInventory = (row: VmRow | null, event: VmEvent, simulated: boolean): VmRow | null => {
  const before = row?.known ? row : null;
  const record = foldVm(before, event);
  if (!record || record === before) return row;
  const { data } = event;
  const isTaken = record.place !== (before?.place ?? null); // what it is made of is told with its place
  return {
    known: true,
    ...record,
    hardware: 'hardware' in data && isTaken ? data.hardware : (before?.hardware ?? null),
    simulated: 'connectionId' in data ? simulated : (before?.simulated ?? false),
    toldSince: before?.toldSince ?? event.time,
    ...{ verified: row?.verified ?? null, operation: row?.operation ?? null, p: row?.p ?? 0 },
  };
};

/** The fleet: one row for each machine, of what inventory and power tell. A repeat changes nothing. */
export const vmsProjection: Projection<Journalled, VmRow> = {
  view: 'vms',
  revision: 7,
  listensTo: eventTypes.filter((type: EventType) => /^io\.drover\.(inventory|power)\./.test(type)),
  key: ({ event }) => vmOf(event),
  evolve: (before, { event, simulated }) => {
    const id = vmOf(event);
    if (!id) return before;
    if (isVmEvent(event)) return byInventory(before, event, simulated);
    if (!isPowerVmEvent(event)) return before;
    const row = before ?? unknownVmRow(id, event.time);
    const p = Number(event.sequence);
    return p <= row.p ? row : { ...byPower(row, event), p };
  },
  index: {
    name: shown(({ name }) => name),
    kind: shown(kindOf),
    group: shown(({ groupIds }) => groupIds),
    connection: shown(({ connectionId }) => connectionId),
    lifecycle: shown((row) => lifecycleOf(row).state),
    power: shown((row) => powerOf(row).state),
    'power.observedAt': shown((row) => powerOf(row).observedAt),
    protection: shown(() => PROTECTION),
    health: shown((row) => healthOf(row).state),
    label: shown((row) => Object.entries(labelsOf(row)).map(([key, value]) => `${key}:${value}`)),
    alias: shown(({ aliases }) => aliases.map(aliasText)),
    unclaimed: shown(() => UNTOLD.unclaimed),
    worker: shown(() => UNTOLD.worker),
    'fleet.power': living((row) => (row.template ? null : powerOf(row).state)),
    'fleet.protection': living(() => PROTECTION),
    'fleet.health': living((row) => healthOf(row).state),
  },
};
