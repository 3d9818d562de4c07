// The groups of what is asked for, as the views show them, and a filter kept within a scope. Never: a wider filter than the
// scope.
import { groupsIn as groupsFrom } from '@drover/contracts';
import type { ConnectionId, GroupId, GroupsOf, Scope } from '@drover/kernel';
import type { View } from '@drover/ports';
import type { VmRow } from '../fleet/vm-row.js';
import type { FleetConnection } from './connections.projection.js';

/** Where the groups of machines and connections stand. */
export interface GroupViews {
  readonly vms: View<VmRow>;
  readonly connections: ReadonlyMap<ConnectionId, FleetConnection>;
}

/** The groups that the views show of a machine or a connection. */
export const groupsIn = ({ vms, connections }: GroupViews): GroupsOf =>
  groupsFrom({
    vm: async (id) => {
      const row = await vms.get(id);
      return row?.known ? row : null;
    },
    connection: async (id) => connections.get(id) ?? null,
  });

/** A filter by groups, kept within a scope: null where everything is meant. */
export const groupsWithin = (scope: Scope, groups: readonly GroupId[] | undefined): readonly GroupId[] | null => {
  const meant = groups && groups.length > 0 ? groups : null;
  if (scope === 'all') return meant;
  return meant ? meant.filter((group) => scope.includes(group)) : scope;
};
