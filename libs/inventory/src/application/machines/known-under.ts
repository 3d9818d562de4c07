// Which machines a provider may mean by what it shows. Never: one chosen of several.
import type { AliasKey, ConnectionId, VmId } from '@drover/kernel';
import { allRows, type ProviderIdentity, type View } from '@drover/ports';
import { aliasKey } from '../../domain/aliases.js';
import type { KnownVm } from './vm-directory.projection.js';

/** How many aliases are looked up at once. */
const CHUNK = 200;

/**
 * Which machines of the fleet a connection may mean by each of these: by the instance UUID, or, where that cannot be
 * read, by the reference. A reference may have had several machines; all of them are named.
 */
export const knownUnder = async (
  known: View<KnownVm>,
  source: ConnectionId,
  identities: readonly ProviderIdentity[],
): Promise<readonly (readonly VmId[])[]> => {
  const keys = identities.map(({ ref, key }) =>
    key === null
      ? aliasKey({ source, kind: 'moref', value: ref })
      : aliasKey({ source, kind: 'instance-uuid', value: key }),
  );
  const found = new Map<AliasKey, VmId[]>();
  for (let from = 0; from < keys.length; from += CHUNK)
    for (const { vmId, aliases } of await allRows(known, { alias: keys.slice(from, from + CHUNK) }))
      for (const key of aliases.map(aliasKey)) found.set(key, [...(found.get(key) ?? []), vmId]);
  return keys.map((key) => found.get(key) ?? []);
};
