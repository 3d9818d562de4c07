import { RegisterVmBody } from '@drover/contracts';
import { defineCommand, isRejection, reject, VmId, type Alias, type ConnectionId } from '@drover/kernel';
import type { View } from '@drover/ports';
import { aliasKey, isUnique, settled } from '../../domain/aliases.js';
import type { ConnectionRow } from '../projections/connections.projection.js';
import type { KnownVm } from '../projections/known-vms.projection.js';
import { changeVm, type VmWishPorts } from './change-vm.command.js';

/** What the registration may touch besides: who is known, and which connections there are. */
export interface RegisterPorts extends VmWishPorts {
  readonly known: View<KnownVm>;
  readonly rows: View<ConnectionRow>;
}

/** The uuid by which the connection will report the machine. */
const instanceOf = (aliases: readonly Alias[], connectionId: ConnectionId | null) =>
  aliases.find(({ source, kind }) => kind === 'instance-uuid' && source === connectionId && source !== null)?.value;

/** The machines that have one of these names already. */
const holders = async (aliases: readonly Alias[], known: View<KnownVm>) => {
  const keys = aliases.filter(isUnique).map(aliasKey);
  if (keys.length === 0) return [];
  const { rows } = await known.find({ where: { alias: keys }, limit: 20 });
  return rows.map(({ row }) => row);
};

/**
 * Makes a machine known before its provider shows it. Found later, it is this machine: by its instance uuid its stream
 * is the same, by another name that is unique it is looked up. A repeat meets the stream that the wish made.
 */
export const registerVm = defineCommand({
  name: 'vm.register',
  input: RegisterVmBody,
  needs: () => ['vm:edit'],
  async handle(input, actor, ports: RegisterPorts) {
    const { name, connectionId, groupIds } = input;
    const aliases = input.aliases.map((alias) => settled(alias, connectionId));
    if (connectionId !== null && !(await ports.rows.get(connectionId)))
      return reject('invalid_request', 'There is no such connection. Nothing was done.', { pointer: '/connectionId' });
    const uuid = instanceOf(aliases, connectionId);
    const ownStream = connectionId === null || uuid === undefined;
    const vmId = ownStream ? VmId.ofWish(actor.commandId ?? actor.requestId) : VmId.ofInstance(connectionId, uuid);
    const others = (await holders(aliases, ports.known)).filter((row) => row.vmId !== vmId);
    if (others.length > 0) {
      const candidates = others.map((row) => ({ id: row.vmId, name: row.name, connectionId: row.connectionId }));
      return reject('alias_conflict', 'A machine with this alias is known already. Nothing was done.', { candidates });
    }
    const command = { type: 'Register', name, connectionId, aliases, groupIds, ownStream } as const;
    const answer = await changeVm(vmId, command, input, actor, ports);
    if (!isRejection(answer) || answer.rejected !== 'alias_conflict') return answer;
    return { ...answer, candidates: [{ id: vmId, name, connectionId }] };
  },
});
