import {
  reaches,
  reject,
  VmId,
  type Candidate,
  type ConnectionId,
  type GroupsOf,
  type Rejection,
  type Scope,
} from '@drover/kernel';
import { rowsOf, type MachineRef, type ViewGroup } from '@drover/ports';
import { connectionDirectory, hostOf, type ConnectionRow } from './connection-directory.projection.js';
import { vmDirectory, type VmRow } from './vm-directory.projection.js';

/** Why a name leads to no one machine. */
export type NameRefused = 'not_found' | 'vm_gone' | 'name_ambiguous';

/** A machine, and the connection it is reached by. */
export interface DirectoryEntry {
  readonly vm: VmRow;
  readonly connection: ConnectionRow | null;
}

/** Among whom a name is looked up. `vcenter`: those of one connection, by its host. */
export interface Within {
  readonly scope: Scope;
  readonly vcenter?: string | undefined;
}

/** Where machines and connections are looked up. */
export interface Directory {
  entry(vmId: VmId): Promise<DirectoryEntry | null>;
  /** Whether an event of the machine could not be taken: what is known of it may be out of date. */
  parked(vmId: VmId): boolean;
  /** By any alias, name or id, of those that are meant. */
  called(name: string, within: Within): Promise<VmRow | Rejection<NameRefused>>;
}

/** The groups of a machine. Power knows none of a connection. */
export const groupsIn =
  ({ entry }: Pick<Directory, 'entry'>): GroupsOf =>
  async (subject) =>
    subject.type === 'vm' ? ((await entry(subject.id))?.vm.groupIds ?? null) : null;

/** Who a place is at its provider; null when no provider shows it, or its connection is not known. */
export const machineAt = ({ vm, connection }: DirectoryEntry): MachineRef | null =>
  connection && vm.instanceUuid !== null ? { vmId: vm.vmId, target: connection.target, key: vm.instanceUuid } : null;

/**
 * Why nothing is asked of a machine that left the fleet. Of a merged one it names the machine that it turned out to be, when
 * that one is in the scope of the asker.
 */
export const goneMachine = async (
  { name, mergedInto }: VmRow,
  {
    entryOf,
    scope,
    called = name,
  }: { readonly entryOf: Directory['entry']; readonly scope: Scope; readonly called?: string },
): Promise<Rejection<'vm_gone'>> => {
  const into = mergedInto === null ? null : await entryOf(mergedInto);
  if (!into || !reaches(scope, into.vm.groupIds))
    return reject('vm_gone', `${called} is no longer in the fleet. Nothing was sent.`);
  const candidates = [candidateOf(into.vm)];
  return reject('vm_gone', `${called} was merged into ${into.vm.vmId}. Nothing was sent.`, { candidates });
};

const FEW = 20;
const SEVERAL = 'Several machines are called so.';

/** What tells a machine from another of its name. */
const candidateOf = ({ vmId: id, name, connectionId, datacenter, path, seen }: VmRow): Candidate => ({
  ...{ id, name, connectionId, datacenter, path, power: seen?.power ?? 'unknown' },
});

/** The directory in its views. */
export const directoryOf = (group: ViewGroup, parked: Directory['parked'] = () => false): Directory => {
  const vms = group.view<VmRow>(vmDirectory.view);
  const connections = group.view<ConnectionRow>(connectionDirectory.view);
  const connectionOf = (id: ConnectionId | null) => (id === null ? null : connections.get(id));

  const servedBy = async (vcenter: string) => {
    const host = hostOf(vcenter.includes('://') ? vcenter : `https://${vcenter}`) ?? '';
    const ids: ConnectionId[] = [];
    for await (const { target } of rowsOf(connections, { where: { host: [host] } })) ids.push(target.id);
    return ids;
  };

  const entry: Directory['entry'] = async (vmId) => {
    const vm = await vms.get(vmId);
    return vm && { vm, connection: await connectionOf(vm.connectionId) };
  };

  return {
    parked,
    entry,
    called: async (name, { scope, vcenter }) => {
      const served = vcenter === undefined ? null : await servedBy(vcenter);
      if (served?.length === 0 && scope === 'all')
        return reject('not_found', 'No registered connection has this vCenter. Nothing was sent.');
      // An id is an id first: the advice for a name that several have is to use one.
      const id = VmId.schema.safeParse(name);
      const found = id.success ? await vms.get(id.data) : null;
      const itself = found && reaches(scope, found.groupIds) ? found : null;
      const isServed = ({ connectionId }: VmRow) => !served || (connectionId !== null && served.includes(connectionId));
      const alive: VmRow[] = [];
      let gone: VmRow | null = null;
      for await (const row of itself ? [itself] : rowsOf(vms, { where: { called: [name.toLowerCase()] } })) {
        if (!isServed(row) || !reaches(scope, row.groupIds)) continue;
        if (row.gone) gone = row;
        else alive.push(row);
        if (alive.length > FEW) break;
      }
      const [first, ...others] = alive;
      if (!first)
        return gone
          ? goneMachine(gone, { entryOf: entry, scope, called: 'It' })
          : reject('not_found', 'No machine is called so. Nothing was sent.');
      if (others.length === 0) return first;
      const many = alive.length > FEW ? `More than ${FEW} machines are called so; ${FEW} are listed.` : SEVERAL;
      const candidates = alive.slice(0, FEW).map(candidateOf);
      return reject('name_ambiguous', `${many} Nothing was sent.`, { candidates });
    },
  };
};
