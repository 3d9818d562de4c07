// Inventory's directory of machines. Its own events are folded as others are told of them, so its rows cannot disagree with
// theirs. It lags behind the store: who must not, reads the stream (`recordIn`). Never: a member that the record has, kept
// once more here in another form.
import { foldVm, type VmEvent, type VmRecord } from '@drover/contracts';
import { StreamId, type Projection } from '@drover/kernel';
import { storedFacts, type Commit, type StoredFact } from '@drover/ports';
import { adopting, aliasKey, isUnique, ownAlias } from '../../domain/aliases.js';
import { hardwareMark } from '../../domain/marks.js';
import type { VmFact } from '../../domain/vm.events.js';
import { inventoryPublished, vmFactTypes } from '../inventory.published.js';

/**
 * A machine, and what it is made of in few bytes: a listing that repeats it costs no read of the store. `hardware`: null
 * where nothing is known of it.
 */
export type KnownVm = VmRecord & { readonly hardware: string | null };

type Heard = StoredFact<VmFact>;

/** A fact as others are told of it. */
const told = (stored: Heard): VmEvent | null => {
  const event = inventoryPublished(stored);
  return event && ({ ...event, sequence: String(stored.sequence), time: stored.at } as VmEvent);
};

/** What a machine is made of after an event. Who comes into the fleet without a description has none. */
const hardwareAfter = (before: KnownVm | null, { data }: VmEvent) =>
  'hardware' in data ? hardwareMark(data.hardware) : 'groupIds' in data ? null : (before?.hardware ?? null);

const evolve = (row: KnownVm | null, stored: Heard): KnownVm | null => {
  const event = told(stored);
  const record = event && foldVm(row, event);
  if (!record || record === row) return row;
  return { ...record, hardware: hardwareAfter(row, event) };
};

/** The aliases by which a machine is found. Those of a merged one lead to the other machine. */
const leading = ({ life, aliases }: KnownVm) => (life.is === 'retired' && life.cause === 'merged' ? [] : aliases);

/** The machine that the commits of its stream tell of. */
export const recordIn = (commits: readonly Commit<VmFact>[]): VmRecord | null =>
  commits.flatMap((commit) => storedFacts(commit)).reduce<KnownVm | null>(evolve, null);

/** The machines of the fleet and those that left it, by alias and by connection. */
export const vmDirectory = {
  view: 'vm-directory',
  revision: 1,
  listensTo: vmFactTypes,
  key: ({ stream }) => StreamId.key('vm', stream),
  evolve,
  index: {
    /** Of the machines that their provider has shown. */
    connection: ({ life, connectionId }) => (life.is === 'active' || life.is === 'missing' ? connectionId : null),
    /** Of the retired as well: a machine that a person took out is not discovered as another one. */
    adopted: (row) => adopting(ownAlias(row.vmId, leading(row)), leading(row)).map(aliasKey),
    /** Of the machines in the fleet: a retired one stands in nobody's way. */
    alias: ({ life, aliases }) => (life.is === 'retired' ? null : aliases.filter(isUnique).map(aliasKey)),
  },
} as const satisfies Projection<Heard, KnownVm>;
