import {
  StreamId,
  withAlias,
  type Alias,
  type ConnectionId,
  type Instant,
  type Projection,
  type VmId,
} from '@drover/kernel';
import type { StoredFact } from '@drover/ports';
import { adopting, aliasKey, isUnique, ownAlias } from '../../domain/aliases.js';
import { hardwareMark, readingMark } from '../../domain/marks.js';
import { vmOf } from '../../domain/vm.js';
import type { VmFact } from '../../domain/vm.events.js';

/** What inventory must find a machine by: what it is called, where it is, and since when it is not there. */
export type KnownVm = {
  readonly vmId: VmId;
  readonly name: string;
  readonly connectionId: ConnectionId | null;
  readonly aliases: readonly Alias[];
  readonly state: 'registered' | 'seen' | 'missing' | 'retired';
  readonly missingSince: Instant | null;
  /** What it is known as, in few bytes: a listing that repeats it costs no read of the store. Null where nothing is known. */
  readonly hardware: string | null;
  readonly reading: string | null;
  readonly template: boolean;
};

const LISTENS = [
  'VmDiscovered',
  'VmRegistered',
  'VmAliased',
  'VmDescribed',
  'VmPowerObserved',
  'VmWentMissing',
  'VmSeenAgain',
  'VmMerged',
  'VmRetired',
] as const satisfies readonly VmFact['type'][];
type Heard = StoredFact<Extract<VmFact, { type: (typeof LISTENS)[number] }>>;
type Entry = Extract<VmFact, { type: 'VmDiscovered' | 'VmRegistered' }>;

const entered = ({ stream }: Heard, fact: Entry): KnownVm => ({
  vmId: vmOf(stream),
  name: fact.name,
  connectionId: fact.connectionId,
  aliases: fact.aliases,
  state: fact.type === 'VmDiscovered' ? 'seen' : 'registered',
  missingSince: null,
  hardware: fact.type === 'VmDiscovered' ? hardwareMark(fact.hardware) : null,
  reading: null,
  template: fact.template ?? false,
});

/** The machines of the fleet and those that left it, by alias and by connection. */
export const knownVms = {
  view: 'known-vms',
  revision: 5,
  listensTo: LISTENS,
  key: ({ stream }) => StreamId.key('vm', stream),
  evolve: (row, stored) => {
    const { fact, at } = stored;
    if (fact.type === 'VmDiscovered' || fact.type === 'VmRegistered') return entered(stored, fact);
    if (!row) return null;
    switch (fact.type) {
      case 'VmAliased':
        return { ...row, aliases: withAlias(row.aliases, fact.alias) };
      case 'VmDescribed':
        return {
          ...row,
          name: fact.name ?? row.name,
          hardware: hardwareMark(fact.hardware),
          template: fact.template ?? row.template,
        };
      case 'VmPowerObserved':
        return {
          ...row,
          state: row.state === 'registered' ? 'seen' : row.state,
          reading: readingMark(fact),
        };
      case 'VmWentMissing':
        return { ...row, state: 'missing', missingSince: at };
      case 'VmSeenAgain':
        return { ...row, state: 'seen', missingSince: null };
      case 'VmMerged':
        return { ...row, state: 'retired', missingSince: null, aliases: [] }; // they lead to the other one
      case 'VmRetired':
        return { ...row, state: 'retired', missingSince: null };
    }
  },
  index: {
    /** Of the machines that their provider has shown. */
    connection: ({ state, connectionId }) => (state === 'seen' || state === 'missing' ? connectionId : null),
    /** Of the retired as well: a machine that a person took out is not discovered as another one. */
    adopted: ({ vmId, aliases }) => adopting(ownAlias(vmId, aliases), aliases).map(aliasKey),
    /** Of the machines in the fleet: a retired one stands in nobody's way. */
    alias: ({ state, aliases }) => (state === 'retired' ? null : aliases.filter(isUnique).map(aliasKey)),
  },
} as const satisfies Projection<Heard, KnownVm>;
