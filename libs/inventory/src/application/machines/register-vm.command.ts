import { RegisterVmBody } from '@drover/contracts';
import { defineCommand, isRejection, reject, VmId, type Alias, type ConnectionId } from '@drover/kernel';
import type { View } from '@drover/ports';
import { aliasKey, isUnique, settled } from '../../domain/aliases.js';
import { vmStream } from '../../domain/vm.js';
import type { ConnectionRow } from '../connections/connections.projection.js';
import type { AliasRegistry } from '../identity/alias-registry.js';
import { vmChange } from './vm-change.js';
import { decideOnVm, type ChangeVmPorts } from './change-vm.js';

/** What the registration may touch besides: who has which alias, and which connections there are. */
export interface RegisterPorts extends ChangeVmPorts {
  readonly book: AliasRegistry;
  readonly rows: View<ConnectionRow>;
}

/** The uuid by which the connection will report the machine. */
const instanceOf = (aliases: readonly Alias[], connectionId: ConnectionId | null) =>
  aliases.find(({ source, kind }) => kind === 'instance-uuid' && source === connectionId && source !== null)?.value;

/**
 * Makes a machine known before its provider shows it. Found later, it is this machine: by its instance uuid its stream
 * is the same, by another name that is unique it is looked up. A repeat meets the stream that the request made. Whoever
 * else wants one of its unique aliases, a provider's discovery included, comes before or after it, never at once.
 */
export const registerVm = defineCommand({
  name: 'vm.register',
  input: RegisterVmBody,
  needs: () => ['vm:edit'],
  async handle(input, actor, ports: RegisterPorts) {
    const { name, connectionId, groupIds } = input;
    const { vms, book, rows } = ports;
    const aliases = input.aliases.map((alias) => settled(alias, connectionId));
    if (connectionId !== null && !(await rows.get(connectionId)))
      return reject('invalid_request', 'There is no such connection. Nothing was done.', { pointer: '/connectionId' });
    const uuid = instanceOf(aliases, connectionId);
    const ownStream = connectionId === null || uuid === undefined;
    const vmId = ownStream ? VmId.ofRequest(actor.commandId ?? actor.requestId) : VmId.ofInstance(connectionId, uuid);
    const command = { type: 'Register', name, connectionId, aliases, groupIds, ownStream } as const;
    const keys = aliases.filter(isUnique).map(aliasKey);
    const outcome = await book.inTurn(keys, async () => {
      const repeated = ownStream && (await vms.load(vmStream(vmId))).version > 0;
      const candidates = repeated ? [] : (await book.holders(keys)).filter(({ id }) => id !== vmId);
      return candidates.length > 0
        ? reject('alias_conflict', 'A machine with this alias is known already. Nothing was done.', { candidates })
        : decideOnVm(vmId, command, input, actor, ports);
    });
    if (!isRejection(outcome)) return vmChange(vmId, outcome);
    const itself = outcome.rejected === 'alias_conflict' && !outcome.candidates;
    return itself ? { ...outcome, candidates: [{ id: vmId, name, connectionId }] } : outcome;
  },
});
