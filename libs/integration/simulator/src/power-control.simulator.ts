// The power control of the simulated sites: the way there, the fault that is set, the verdict, the record, the answer.
// Never: await between finding a machine and recording the verdict, or answer before the ledger has the call; a crash would
// lose what was done.
import { GuestTools } from '@drover/kernel';
import { ProviderFault, senderIsOver, type MachineRef, type PowerCall, type PowerControl } from '@drover/ports';
import { outcomeOf, refusal, type SiteOutcome } from './sites/calls.simulator.js';
import { sites } from './sites/connections.simulator.js';
import type { SiteFault } from './steering/faults.simulator.js';
import { readingOf, type SimulatedMachine } from './sites/machine.simulator.js';
import { pause, unreachable, untilSetUp, type Site } from './sites/site.simulator.js';
import { askedBy } from './sites/world.simulator.js';

const hang = async (signal: AbortSignal, sent: 'no' | 'maybe'): Promise<never> => {
  if (!signal.aborted) await new Promise((done) => signal.addEventListener('abort', done, { once: true }));
  throw new ProviderFault('no_answer', 'The site took the call and never answered.', sent);
};

const lost = (sent: 'no' | 'maybe') => new ProviderFault('no_answer', 'The connection broke before the answer.', sent);

/** What the site says no to by order of a fault, whatever the state of the machine. */
const refusedBy = (fault: SiteFault | null, machine: SimulatedMachine): SiteOutcome | null => {
  switch (fault?.do) {
    case 'reject':
      return refusal(machine, 'provider_error', 'A general system error occurred.');
    case 'wrong-state':
      return refusal(machine, 'invalid_power_state', 'The operation is not allowed in the current state.');
    case 'tools-off':
      return refusal(machine, 'tools_unavailable', 'The operation cannot be performed: VMware Tools is not running.');
    default:
      return null;
  }
};

/** Reads and switches simulated machines. What reached the site is in the ledger before it is answered. */
export const simulatedPowerControl = ({ clock, world, faults, latency, reads, setUp }: Site): PowerControl => {
  /** The machine as it is now. Asked for after every wait: while one call waits, another changes it. */
  const found = ({ target, key }: MachineRef): SimulatedMachine => {
    const machine = world.find(target.id, key);
    if (machine) return machine;
    throw new ProviderFault('not_found', `${target.id} knows no machine ${key}.`);
  };

  /** The way there. Faults are drawn when the call sets out, so that calls draw them in the order they were made. */
  const reach = async (ref: MachineRef, call: PowerCall | 'read', signal: AbortSignal, sent: 'no' | 'maybe') => {
    const { target, vmId, key } = ref;
    if (signal.aborted) await pause(clock, 0, signal, 'no');
    if (!setUp.isDone()) await untilSetUp(setUp, signal);
    if (!sites.some(({ id }) => id === target.id))
      throw new ProviderFault('provider_unreachable', `There is no simulated site ${target.id}.`);
    const plan = world.find(target.id, key)?.plan;
    const fault = faults.take([vmId, target.id, ...(plan ? [plan.name, plan.vmId] : [])], call);
    if (fault?.do === 'unavailable') throw unreachable(target.id);
    await pause(clock, latency.trip() + (fault?.do === 'delay' ? fault.ms : 0), signal, sent);
    return fault;
  };

  return {
    read: async (ref, signal) => {
      const order = reads.next();
      const fault = await reach(ref, 'read', signal, 'no');
      if (fault?.do === 'hang') return hang(signal, 'no');
      if (fault?.do === 'drop-response') throw lost('no');
      if (fault?.do === 'reject') throw new ProviderFault('provider_error', 'A general system error occurred.');
      const machine = found(ref);
      const outOfReach = fault?.do === 'disconnected' ? { connectionState: 'disconnected' } : {};
      const reading = { ...readingOf({ ...machine, ...outOfReach }, clock.now()), ...order };
      await pause(clock, latency.trip(), signal, 'no');
      return fault?.do === 'tools-off' && reading.power !== 'unknown'
        ? { ...reading, tools: GuestTools.stopped }
        : reading;
    },
    send: async (ref, call, token, signal) => {
      const fault = await reach(ref, call, signal, 'maybe');
      if (token.isHeld?.() === false) throw senderIsOver();
      const machine = found(ref); // from here to the record nothing may wait
      const asked = askedBy(ref, call, token);
      if (fault?.do === 'hang') {
        world.record(machine, refusal(machine, 'no_answer', 'a fault: it hangs'), asked);
        return hang(signal, 'maybe');
      }
      const outcome = refusedBy(fault, machine) ?? outcomeOf(machine, call, latency);
      const drops = fault?.do === 'drop-response';
      const told = { ...outcome, answer: 'no_answer', detail: 'a fault: the answer is lost' } as const;
      world.record(machine, drops ? told : outcome, asked);
      await pause(clock, latency.trip(), signal, 'maybe');
      if (drops) throw lost('maybe');
      if (outcome.answer !== 'accepted') throw new ProviderFault(outcome.answer, outcome.detail);
      return {}; // it answers when it has taken a call, and keeps no task of it
    },
  };
};
