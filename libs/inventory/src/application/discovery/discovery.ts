// What one discovery has found so far: who was seen, who is new, who could not be read. It counts, and records nothing.
// Never: a judgement of who is not there, which is for its end (discovery-end.ts).
import type { ConnectionId, VmId } from '@drover/kernel';
import type { Clock, MachineBatch, SkippedMachine } from '@drover/ports';
import type { Skipped } from '../../domain/connection.events.js';
import { knownUnder } from '../machines/known-under.js';
import type { ObservationResult } from './observed-source.js';
import type { DiscoveryPorts } from './discovery-ports.js';

/** How many skipped machines are named. */
const NAMED = 100;

/** How many further machines of the fleet that could not be read are told by their ids. */
const UNREAD = 1_000;

/** A discovery so far. `begin`: on the monotonic clock. */
export interface RunningDiscovery {
  readonly begin: number;
  readonly seen: Set<VmId>;
  readonly added: Set<VmId>;
  readonly changed: Set<VmId>;
  /** By the provider's reference; with the machines that were known by it, or by its UUID. */
  readonly skipped: Map<string, { readonly machine: SkippedMachine; readonly vmIds: readonly VmId[] }>;
  /** How many references a listing of names gave without a readable UUID: machines are there, whoever they are. */
  unread: number;
}

/** A discovery that begins now. */
export const discovery = (clock: Clock): RunningDiscovery => ({
  begin: clock.monotonic(),
  seen: new Set(),
  added: new Set(),
  changed: new Set(),
  skipped: new Map(),
  unread: 0,
});

/** Counts what was observed. */
export const count = ({ seen, added, changed }: RunningDiscovery, results: readonly ObservationResult[]) => {
  for (const { vmId, found } of results) {
    seen.add(vmId);
    if (found === 'added') added.add(vmId);
    if (found === 'changed') changed.add(vmId);
  }
};

/** Counts machines that are there and cannot be shown. That they are listed keeps them from going missing, and nothing else. */
export const skip = async (
  { begin, skipped }: RunningDiscovery,
  id: ConnectionId,
  machines: readonly SkippedMachine[],
  { known, recorder }: Pick<DiscoveryPorts, 'known' | 'recorder'>,
) => {
  const found = await knownUnder(known, id, machines);
  machines.forEach((machine, i) => {
    const vmIds = found[i] ?? [];
    for (const vmId of vmIds) recorder.isThere(vmId, begin);
    skipped.set(machine.ref, { machine, vmIds });
  });
};

/** What a discovery skipped, as its fact says it: the first hundred by name, and whoever of the fleet is not among them. */
export const skippedIn = ({ skipped }: Pick<RunningDiscovery, 'skipped'>): Skipped => {
  if (skipped.size === 0) return {};
  const named = [...skipped.values()].slice(0, NAMED).map(({ machine: { ref, name, why }, vmIds: [vmId] }) => ({
    ...{ ref, name, why, vmId: vmId ?? null },
  }));
  const told = { skipped: named, skippedCount: skipped.size };
  const ofFleet = new Set([...skipped.values()].flatMap(({ vmIds }) => vmIds));
  const isNamed = new Set(named.map(({ vmId }) => vmId));
  const others = [...ofFleet].filter((vmId) => !isNamed.has(vmId));
  return others.length === 0 && skipped.size <= NAMED
    ? told
    : { ...told, unread: others.slice(0, UNREAD), unreadCount: ofFleet.size };
};

/** Whether news of a live session say of somebody that he is skipped, or no longer, when the last listing says otherwise. */
export const surprising = (listed: ReadonlySet<string> = new Set(), { machines, skipped }: MachineBatch) =>
  skipped.some(({ ref }) => !listed.has(ref)) ||
  machines.some(({ aliases }) => aliases.some(({ kind, value }) => kind === 'moref' && listed.has(value)));
