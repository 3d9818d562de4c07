// The port of power control to sites in another process. Never: a call that is sent without asking here whether its sender
// may still act; the function that tells does not travel.
import { senderIsOver, type Clock, type MachineRef, type PowerControl, type ReadCounter } from '@drover/ports';
import { ReadingSent, SentSent } from './protocol.simulator.js';
import type { RemoteCalls } from './remote-calls.simulator.js';
import { effectFault, readFault } from './remote-faults.simulator.js';

/** The time, and the numbers of what this process reads. */
export interface RemoteTiming {
  readonly clock: Clock;
  readonly reads: ReadCounter;
}

const of = ({ target, vmId, key }: MachineRef) => ({
  ...({ connection: target.id, port: 'power-control' } as const),
  machine: { vmId, key },
});

/** Reads and switches machines of simulated sites in another process. */
export const remotePowerControl = (calls: RemoteCalls, { reads }: RemoteTiming): PowerControl => ({
  read: async (ref, signal) => {
    const order = reads.next();
    const { machine, ...to } = of(ref);
    try {
      const call = { ...to, method: 'read', args: { machine } } as const;
      return { ...(await calls.single(ref.target, call, ReadingSent, signal)), ...order };
    } catch (error) {
      throw readFault(error);
    }
  },
  // Whether the sender may still act is asked here alone: a function does not travel.
  send: async (ref, power, { operationId, attempt, epoch, isHeld }, signal) => {
    const { machine, ...to } = of(ref);
    const token = { operationId, attempt, epoch };
    const call = { ...to, method: 'send', args: { machine, call: power }, token } as const;
    let over = false;
    const mayStart = () => !(over = isHeld?.() === false);
    try {
      return await calls.single(ref.target, call, SentSent, signal, mayStart);
    } catch (error) {
      throw over ? senderIsOver() : effectFault(error);
    }
  },
});
