// What the specs of the power policy stand on. Nothing here is for production.
import { isRejection, type Actor, type Mode, type OperationId, type VmId } from '@drover/kernel';
import { ana, machineRoom, type Behaviour } from '../../testing.js';

/** A guest that says yes and does nothing. */
export const hangs: Behaviour = async (call, obey) =>
  call === 'shutdown-guest' || call === 'reboot-guest' ? undefined : obey();

const idOf = (asked: unknown): OperationId => {
  const { operation } = asked as { readonly operation?: { readonly id: OperationId } };
  if (!operation) throw new Error(JSON.stringify(asked));
  return operation.id;
};

/** A machine that is on, with its tools, and a process that takes requests for it. */
export const worldOf = async (behave: Behaviour = (_, obey) => obey()) => {
  const room = machineRoom();
  const vmId = room.machine();
  const machine = room.memory.machine(vmId);
  const process = await room.boot();
  const { power } = process;
  room.room.behave = behave;
  return {
    ...{ room, clock: room.clock, vmId, machine, process, power, lookedAgain: process.lookedAgain },
    off: async (mode: Mode = 'soft', timeoutSeconds = 300, actor: Actor = ana, of: VmId = vmId) =>
      idOf(await power.powerOff({ vmId: of, mode, timeoutSeconds }, actor)),
    on: async (timeoutSeconds = 180) => idOf(await power.powerOn({ vmId, waitForTools: false, timeoutSeconds }, ana)),
    restart: async (mode: Mode = 'soft', timeoutSeconds = 300) =>
      idOf(await power.restart({ vmId, mode, timeoutSeconds }, ana)),
    cancel: (id: OperationId) => power.cancelOperation({ id }, ana),
    read: async (id: OperationId) => {
      const operation = await power.getOperation({ id }, ana);
      if (isRejection(operation)) throw new Error(operation.because);
      return operation;
    },
    facts: () => room.facts(vmId),
    calls: () => room.calls(vmId),
  };
};
