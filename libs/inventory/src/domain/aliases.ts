// What the aliases of a machine are worth: which name it for certain, which mean something only where they come from, and
// which claim it. Never: a machine taken for another by a name that copies share.
import { AliasKey, sameAlias, VmId, type Alias, type ConnectionId } from '@drover/kernel';

/** The kinds that name one machine: two machines with the same are one. */
const unique: ReadonlySet<Alias['kind']> = new Set(['instance-uuid', 'moref', 'cloud-instance-id', 'context-id']);
/** The kinds that mean something only where they come from. */
const local: ReadonlySet<Alias['kind']> = new Set(['instance-uuid', 'bios-uuid', 'moref']);

/** Those of the aliases that are not known yet. */
export const unknownAliases = (known: readonly Alias[], aliases: readonly Alias[]) =>
  aliases.filter((alias) => !known.some((each) => sameAlias(each, alias)));

/** Whether an alias names one machine for certain. */
export const isUnique = ({ kind }: Alias) => unique.has(kind);

/**
 * The aliases by which a machine that a provider shows is taken for the one that has them. A provider gives a MoRef
 * again, to another machine: once the instance UUID is known, only that claims. Names, host names and BIOS UUIDs, which
 * copies share, never do; ids that are unique everywhere always do.
 */
export const claiming = (aliases: readonly Alias[]) => {
  const identified = new Set(aliases.flatMap(({ kind, source }) => (kind === 'instance-uuid' ? [source] : [])));
  return aliases.filter((alias) => isUnique(alias) && !(alias.kind === 'moref' && identified.has(alias.source)));
};

/** The instance UUID that the id of a machine is made from: it leads to the machine by itself. */
export const ownAlias = (vmId: VmId, aliases: readonly Alias[]) =>
  aliases.find(
    ({ source, kind, value }) =>
      kind === 'instance-uuid' && source !== null && VmId.ofInstance(source as ConnectionId, value) === vmId,
  );

/** The unique aliases by which a provider shows a machine under another id than it has. `own`: what its id is made from. */
export const adopting = (own: Alias | undefined, aliases: readonly Alias[]) =>
  claiming(aliases).filter(({ source }) => source === null || source !== own?.source);

/** An alias as text, to look it up by. */
export const aliasKey = (alias: Alias) => AliasKey.of(alias);

/** An alias as it is kept: what means something at its provider only says which provider; UUIDs are lower case. */
export const settled = ({ source, kind, value }: Alias, connectionId: ConnectionId | null): Alias => ({
  source: source ?? (local.has(kind) ? connectionId : null),
  kind,
  value: kind.endsWith('-uuid') ? value.toLowerCase() : value,
});
