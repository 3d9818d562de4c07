// Machines that obey at once, for specs. Never: a call that is taken in a state that `powerCalls` does not name.
import { GuestTools, type Now, type Tools, type VmId } from '@drover/kernel';
import { ProviderFault } from '../provider-fault.js';
import { readCounter, type ReadCounter } from '../read-counter.js';
import {
  powerCalls,
  senderIsOver,
  type KnownPower,
  type OperationToken,
  type PowerCall,
  type PowerControl,
} from './power-control.js';

/** A machine of the memory adapter; a test changes it at will. */
export interface MemoryMachine {
  power: KnownPower;
  tools: Tools;
  bootAt: ReturnType<Now> | null;
  /** Whether the provider reaches it. */
  connected: boolean;
  template: boolean;
  question: string | null;
}

/** The reference adapter: machines are on, have their tools, and obey at once. It remembers what it was sent. */
export const memoryPowerControl = (now: Now, reads: ReadCounter = readCounter('memory')) => {
  const machines = new Map<VmId, MemoryMachine>();
  const sent: { readonly vmId: VmId; readonly call: PowerCall; readonly token: OperationToken }[] = [];
  const machine = (vmId: VmId): MemoryMachine => {
    const known = machines.get(vmId) ?? {
      ...{ power: 'poweredOn', tools: GuestTools.running, bootAt: now() },
      ...{ connected: true, template: false, question: null },
    };
    machines.set(vmId, known);
    return known;
  };
  const control: PowerControl = {
    read: async ({ vmId }) => {
      const order = reads.next();
      const { power, tools, bootAt, connected, question, template } = machine(vmId);
      const about = { uptimeSeconds: null, question, template, observedAt: now(), ...order };
      return connected
        ? { power, tools, bootAt: power === 'poweredOn' ? bootAt : null, ...about }
        : { power: 'unknown', lastKnown: { power }, tools: GuestTools.unknown, bootAt: null, ...about };
    },
    send: async ({ vmId }, call, token, signal) => {
      if (signal.aborted) throw new ProviderFault('no_answer', 'called off');
      await Promise.resolve(); // the way to the provider
      if (token.isHeld?.() === false) throw senderIsOver();
      const { operationId, attempt, epoch } = token;
      sent.push({ vmId, call, token: { operationId, attempt, epoch } });
      const vm = machine(vmId);
      const { from, leaves, boots, asksGuest } = powerCalls[call];
      if (!from.includes(vm.power)) throw new ProviderFault('invalid_power_state', `it is ${vm.power}`);
      Object.assign(vm, { power: leaves, ...(boots && { bootAt: now() }) });
      return asksGuest ? {} : { task: `task-${sent.length}` };
    },
  };
  return { ...control, machine, sent };
};
