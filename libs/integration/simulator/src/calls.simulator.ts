import { assertNever, GuestTools } from '@drover/kernel';
import type { FaultCode, PowerCall } from '@drover/ports';
import type { Power } from './blueprint.simulator.js';
import type { Latency } from './latency.simulator.js';
import type { Step } from './ledger.simulator.js';
import type { SimulatedMachine } from './machine.simulator.js';

/** What a site answers to a call, and what comes of it. */
export interface Verdict {
  readonly answer: 'accepted' | FaultCode;
  readonly detail: string | null;
  readonly after: Power;
  readonly effective: boolean;
  readonly steps: readonly Step[];
  readonly hastens: number | null;
}

/** A call that is not obeyed. */
export const refusal = ({ power }: SimulatedMachine, answer: FaultCode, detail: string): Verdict => ({
  answer,
  detail,
  after: power,
  effective: false,
  steps: [],
  hastens: null,
});

const accepted = (after: Power, steps: readonly Step[], hastens: number | null = null): Verdict => ({
  answer: 'accepted',
  detail: null,
  after,
  effective: steps.length > 0 && hastens === null,
  steps,
  hastens,
});

/** Down in `ms`; the machine stays there. */
const off = (ms: number): readonly Step[] => [{ ms, power: 'poweredOff', toolsUp: false }];

/** Up (again) in `ms`, the tools some time later. */
const up = (ms: number, tools: number): readonly Step[] => [
  { ms, power: 'poweredOn', toolsUp: false },
  { ms: ms + tools, power: 'poweredOn', toolsUp: true },
];

/** A guest hears while its tools run. One that hangs says yes and does nothing; so does one that is on its way. */
const askGuest = (machine: SimulatedMachine, after: Power, steps: readonly Step[]): Verdict => {
  const { tools, guest } = machine.plan;
  if (!machine.toolsUp || (tools !== GuestTools.running && tools !== GuestTools.outdated))
    return refusal(machine, 'tools_unavailable', 'The operation cannot be performed: VMware Tools is not running.');
  return guest.obeys && !machine.task ? accepted(after, steps) : accepted(machine.power, []);
};

/** What stands in the way of every call. */
const hindrance = ({ task, question, template }: SimulatedMachine): readonly [FaultCode, string] | null => {
  if (template) return ['provider_error', 'The operation is not supported on the object: it is a template.'];
  if (question !== null) return ['guest_question_pending', question];
  const ofTheSite = task && task.call !== 'shutdown-guest' && task.call !== 'reboot-guest';
  return ofTheSite ? ['busy', `Another task is in progress: ${task.call}.`] : null;
};

const possibleFrom = (power: Power, call: PowerCall) => {
  if (call === 'power-on') return power !== 'poweredOn';
  return call === 'power-off' ? power !== 'poweredOff' : power === 'poweredOn';
};

/**
 * Decides a call the way a site does. A power-off on top of a guest's own shutdown only hastens it: the transition is
 * counted where it was caused, so that an operation that had to escalate still shows one.
 */
export const verdictOn = (machine: SimulatedMachine, call: PowerCall, latency: Latency): Verdict => {
  const { power, task, plan } = machine;
  const inTheWay = hindrance(machine);
  if (inTheWay) return refusal(machine, ...inTheWay);
  if (!possibleFrom(power, call))
    return refusal(machine, 'invalid_power_state', `The attempted operation cannot be performed: it is ${power}.`);
  switch (call) {
    case 'shutdown-guest':
      return askGuest(machine, 'poweredOff', off(plan.guest.shutdownMs ?? latency.guestDown()));
    case 'reboot-guest':
      return askGuest(machine, 'poweredOn', up(plan.guest.shutdownMs ?? latency.guestDown(), latency.toolsUp()));
    case 'power-off':
      return accepted('poweredOff', off(latency.powerOff()), task?.call === 'shutdown-guest' ? task.n : null);
    case 'power-on':
      return accepted('poweredOn', up(latency.powerOn(), latency.toolsUp()));
    case 'reset':
      return accepted('poweredOn', up(latency.reset(), latency.toolsUp()));
    default:
      return assertNever(call);
  }
};
