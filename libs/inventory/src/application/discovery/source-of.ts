// Under which ids the machines of a connection are known. Never: somebody brought back whom a person took out of the fleet.
import { VmId, type Alias, type ConnectionId } from '@drover/kernel';
import { aliasKey, isUnique, settled } from '../../domain/aliases.js';
import type { KnownConnection } from '../../domain/connection.js';
import type { Named, Source } from './observed-source.js';
import type { Adopted } from '../identity/alias-holders.js';
import type { AliasRegistry } from '../identity/alias-registry.js';

/**
 * The machines of a connection, and under which ids they are known: a machine that was registered by hand keeps its id.
 * Whoever is in the fleet comes before whoever had the name once; nobody is brought back that a person took out.
 */
export const sourceOf = (
  id: ConnectionId,
  { settings }: KnownConnection,
  registry: Pick<AliasRegistry, 'adopted' | 'isInFleet' | 'clear' | 'doubt'>,
): Source => {
  const keysOf = ({ key, aliases = [] }: Named) => {
    const own: Alias = { source: id, kind: 'instance-uuid', value: key };
    return [own, ...aliases]
      .map((alias) => settled(alias, id))
      .filter(isUnique)
      .map(aliasKey);
  };
  const idOf = async (own: VmId, found: readonly Adopted[]) => {
    const named = found.find(({ inFleet }) => inFleet) ?? found[0];
    if (!named) return own;
    return named.inFleet || !(await registry.isInFleet(own)) ? named.vmId : own;
  };
  return {
    connectionId: id,
    groupIds: settings.groupIds,
    identify: async (machines) => {
      const adopted = await registry.adopted(machines.flatMap(keysOf));
      const identified = machines.map(async (machine) => {
        const found = keysOf(machine).flatMap((key) => adopted.get(key) ?? []);
        return { machine, vmId: await idOf(VmId.ofInstance(id, machine.key), found) };
      });
      return Promise.all(identified);
    },
    clear: registry.clear,
    contested: registry.doubt,
  };
};
