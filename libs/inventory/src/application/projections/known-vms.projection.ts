import { StreamId, VmId, withAlias, type Alias, type ConnectionId, type Instant, type Projection } from '@drover/kernel';
import type { StoredFact } from '@drover/ports';
import { aliasKey, isUnique } from '../../domain/aliases.js';
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
};

/** The providers that call a machine by a name that its id was not made from: it was registered by hand. */
const adoptedBy = ({ vmId, aliases }: KnownVm): readonly string[] => {
  const named = aliases.filter(isUnique);
  const makes = ({ source, value }: Alias) => VmId.ofInstance((source ?? '') as ConnectionId, value);
  const own = named.filter((alias) => alias.kind === 'instance-uuid' && makes(alias) === vmId);
  const sources = named.map(({ source }) => source).filter((source) => source !== null);
  return [...new Set(sources)].filter((source) => !own.some((alias) => alias.source === source));
};

const entered = (row: KnownVm | null, { stream }: StoredFact, fact: VmFact): KnownVm | null => {
  if (fact.type !== 'VmDiscovered' && fact.type !== 'VmRegistered') return row;
  const { name, connectionId, aliases } = fact;
  const state = fact.type === 'VmDiscovered' ? 'seen' : 'registered';
  return { vmId: vmOf(stream), name, connectionId, aliases, state, missingSince: null };
};

/** The machines of the fleet and those that left it, by alias and by connection. */
export const knownVms: Projection<StoredFact, KnownVm> = {
  view: 'known-vms',
  revision: 1,
  listensTo: [
    'VmDiscovered',
    'VmRegistered',
    'VmAliased',
    'VmDescribed',
    'VmWentMissing',
    'VmSeenAgain',
    'VmRetired',
  ] satisfies VmFact['type'][],
  key: ({ stream }) => StreamId.key('vm', stream),
  evolve: (row, stored) => {
    const fact = stored.fact as VmFact;
    if (!row) return entered(row, stored, fact);
    switch (fact.type) {
      case 'VmAliased':
        return { ...row, aliases: withAlias(row.aliases, fact.alias) };
      case 'VmDescribed':
        return { ...row, name: fact.name ?? row.name };
      case 'VmWentMissing':
        return { ...row, state: 'missing', missingSince: stored.at };
      case 'VmSeenAgain':
        return { ...row, state: 'seen', missingSince: null };
      case 'VmRetired':
        return { ...row, state: 'retired', missingSince: null };
      default:
        return entered(row, stored, fact);
    }
  },
  index: {
    /** Of the machines that their provider has shown. */
    connection: ({ state, connectionId }) => (state === 'seen' || state === 'missing' ? connectionId : null),
    adopted: adoptedBy,
    /** Of the machines in the fleet: a retired one stands in nobody's way. */
    alias: ({ state, aliases }) => (state === 'retired' ? null : aliases.filter(isUnique).map(aliasKey)),
  },
};
