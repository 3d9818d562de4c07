// Registers a machine by hand: rights, then the claims of its aliases, then the event. Its stream follows from its instance
// uuid, or from the request, so a repeat finds what it made. Never: keep a claim whose registration was refused, or name a
// machine in a conflict that whoever asked may not see.
import { RegisterVmBody } from '@drover/contracts';
import {
  defineCommand,
  isRejection,
  ofConnection,
  ofGroups,
  reject,
  VmId,
  type Alias,
  type ConnectionId,
  type JudgingPorts,
} from '@drover/kernel';
import type { View } from '@drover/ports';
import { settled } from '../../domain/aliases.js';
import { vmStream } from '../../domain/vm.js';
import type { ConnectionRow } from '../connections/connections.projection.js';
import type { AliasRegistry } from '../identity/alias-registry.js';
import { vmChange } from './vm-change.js';
import { decideOnVm, type ChangeVmPorts } from './change-vm.js';
import { foreignConnection, foreignMachine, groupsOfNew, seenBy } from './registration-scope.js';

/** What the registration may touch besides: who has which alias, and which connections there are. */
export interface RegisterPorts extends ChangeVmPorts, JudgingPorts {
  readonly registry: AliasRegistry;
  readonly rows: View<ConnectionRow>;
}

/** The uuid by which the connection will report the machine. */
const instanceOf = (aliases: readonly Alias[], connectionId: ConnectionId | null) =>
  aliases.find(({ source, kind }) => kind === 'instance-uuid' && source === connectionId && source !== null)?.value;

/**
 * Makes a machine known before its provider shows it. Found later, it is this machine: by its instance uuid its stream
 * is the same, by another name that is unique it is looked up. A repeat meets the stream that the request made. Its unique
 * aliases are claimed first: of two requests for one, in whichever processes, one is granted.
 */
export const registerVm = defineCommand({
  name: 'vm.register',
  input: RegisterVmBody,
  // Of a machine for which no group is named its connection decides: it gets the groups of that one.
  needs: ({ groupIds, connectionId }) =>
    groupIds.length === 0 && connectionId !== null
      ? ofConnection(connectionId, ['vm:edit'])
      : ofGroups(groupIds, ['vm:edit']),
  async handle(input, actor, ports: RegisterPorts) {
    const { name, connectionId } = input;
    const { vms, registry, rows } = ports;
    const aliases = input.aliases.map((alias) => settled(alias, connectionId));
    const foreign = await foreignConnection(connectionId, aliases, actor, ports);
    if (foreign) return foreign;
    if (connectionId !== null && !(await rows.get(connectionId)))
      return reject('invalid_request', 'There is no such connection. Nothing was done.', { pointer: '/connectionId' });
    const uuid = instanceOf(aliases, connectionId);
    const ownStream = connectionId === null || uuid === undefined;
    const vmId = ownStream ? VmId.ofRequest(actor.commandId ?? actor.requestId) : VmId.ofInstance(connectionId, uuid);
    const foreignToo = await foreignMachine(vmId, actor, ports);
    if (foreignToo) return foreignToo;
    const groupIds = await groupsOfNew(input.groupIds, connectionId, actor, ports);
    const command = { type: 'Register', name, connectionId, aliases, groupIds, ownStream } as const;
    const repeated = ownStream && (await vms.load(vmStream(vmId))).version > 0;
    const wanted = repeated ? [] : aliases;
    const grant = actor.dryRun ? await registry.conflict(vmId, wanted) : await registry.grant(vmId, wanted);
    if (isRejection(grant)) return { ...grant, vmId, ...(await seenBy(actor, grant.candidates ?? [], ports)) };
    const outcome = await decideOnVm(vmId, command, input, actor, ports);
    if (!isRejection(outcome)) return vmChange(vmId, outcome, actor);
    await grant?.undo();
    return outcome.rejected === 'alias_conflict'
      ? { ...outcome, candidates: [{ id: vmId, name, connectionId }] }
      : outcome;
  },
});
