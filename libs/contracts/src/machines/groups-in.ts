// The groups of a machine or a connection, for the check of rights in every service. Never: no group for what is not there;
// that is null.
import type { ConnectionId, GroupId, GroupsOf, VmId } from '@drover/kernel';

type Grouped = { readonly groupIds: readonly GroupId[] };

/** Where the groups of machines and connections are looked up; null for what is not there. */
export interface GroupSources {
  vm(id: VmId): Promise<Grouped | null>;
  connection(id: ConnectionId): Promise<Grouped | null>;
}

/** The groups of a machine or a connection, as a service knows them. */
export const groupsIn =
  ({ vm, connection }: GroupSources): GroupsOf =>
  async (subject) =>
    (subject.type === 'vm' ? await vm(subject.id) : await connection(subject.id))?.groupIds ?? null;
