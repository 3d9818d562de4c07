// Where power looks machines and connections up: by id, or by any name that somebody may mean. Read from its own views alone.
// Never: a machine that is out of reach among the candidates of a name, or a word more of it than of one that is not there.
import { candidateOf, goneVm, instanceUuidOf, targetIn, type ConnectionRecord, type VmRecord } from '@drover/contracts';
import {
  isBlocked,
  isConfigured,
  reaches,
  reject,
  VmId,
  type ConnectionId,
  type ConnectionTarget,
  type Instant,
  type Rejection,
  type Scope,
} from '@drover/kernel';
import { rowsOf, type MachineRef, type ViewGroup } from '@drover/ports';
import { connectionDirectory, hostOf } from './connection-directory.projection.js';
import { vmDirectory } from './vm-directory.projection.js';

/** Why a name leads to no one machine. */
export type NameRefused = 'not_found' | 'vm_gone' | 'name_ambiguous';

/** How a machine is reached, and whether it may be. `configured`, `blocked`: nothing is sent to one that is not, or is. */
export interface ConnectionEntry {
  readonly target: ConnectionTarget;
  readonly configured: boolean;
  /** A sign-in was refused: nothing is sent until the connection changes or is reset. */
  readonly blocked: boolean;
  readonly resetAt: Instant | null;
}

/** A machine, and the connection it is reached by. */
export interface DirectoryEntry {
  readonly vm: VmRecord;
  readonly connection: ConnectionEntry | null;
}

const entryOf = (record: ConnectionRecord): ConnectionEntry => ({
  ...{
    target: targetIn(record),
    configured: isConfigured(record),
    blocked: isBlocked(record),
    resetAt: record.resetAt,
  },
});

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
  called(name: string, within: Within): Promise<VmRecord | Rejection<NameRefused>>;
}

/** How a machine is called at its provider; null when no provider shows it, or its connection is not known. */
export const machineAt = ({ vm, connection }: DirectoryEntry): MachineRef | null => {
  const key = instanceUuidOf(vm);
  return connection && key !== null ? { vmId: vm.vmId, target: connection.target, key } : null;
};

/** Why nothing is asked of a machine that left the fleet. */
export const goneMachine = (
  vm: VmRecord,
  {
    entryOf,
    scope,
    called = vm.name,
  }: { readonly entryOf: Directory['entry']; readonly scope: Scope; readonly called?: string },
): Promise<Rejection<'vm_gone'>> =>
  goneVm(vm, {
    scope,
    find: async (vmId) => (await entryOf(vmId))?.vm ?? null,
    words: (into) => `${called} ${into ? `was merged into ${into}` : 'is no longer in the fleet'}. Nothing was sent.`,
  });

const FEW = 20;
const SEVERAL = 'Several machines are called so.';

/** The directory in its views. */
export const directoryOf = (group: ViewGroup, parked: Directory['parked'] = () => false): Directory => {
  const vms = group.view<VmRecord>(vmDirectory.view);
  const connections = group.view<ConnectionRecord>(connectionDirectory.view);
  const connectionOf = async (id: ConnectionId | null) => {
    const record = id === null ? null : await connections.get(id);
    return record && entryOf(record);
  };

  const servedBy = async (vcenter: string) => {
    const host = hostOf(vcenter.includes('://') ? vcenter : `https://${vcenter}`) ?? '';
    const ids: ConnectionId[] = [];
    for await (const { id } of rowsOf(connections, { where: { host: [host] } })) ids.push(id);
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
      const isServed = ({ connectionId }: VmRecord) =>
        !served || (connectionId !== null && served.includes(connectionId));
      const alive: VmRecord[] = [];
      let gone: VmRecord | null = null;
      for await (const row of itself ? [itself] : rowsOf(vms, { where: { called: [name.toLowerCase()] } })) {
        if (!isServed(row) || !reaches(scope, row.groupIds)) continue;
        if (row.life.is === 'retired') gone = row;
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
      const candidates = alive.slice(0, FEW).map((each) => candidateOf(each));
      return reject('name_ambiguous', `${many} Nothing was sent.`, { candidates });
    },
  };
};
