// The rules of a simulated site: what it answers to a call, and which steps the machine takes then. Pure: from a machine and
// a call to a verdict. Never: wait, record or draw a fault here; the power control and the orders from outside do that with
// the verdict.
import { GuestTools } from '@drover/kernel';
import { powerCalls, type FaultCode, type PowerCall } from '@drover/ports';
import type { Power } from './blueprint.simulator.js';
import type { Latency } from './latency.simulator.js';
import type { Step } from './ledger.simulator.js';
import type { SimulatedMachine } from './machine.simulator.js';

/** What the caller is told: that the call was taken, or why not. */
type Reply =
  { readonly answer: 'accepted'; readonly detail: null } | { readonly answer: FaultCode; readonly detail: string };

/** What a site answers to a call, and what comes of it. */
export type Verdict = Reply & {
  readonly after: Power;
  readonly effective: boolean;
  readonly steps: readonly Step[];
  readonly hastens: number | null;
};

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
const down = (ms: number, power: Power): readonly Step[] => [{ ms, power, toolsUp: false }];

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
  const ofTheSite = task && (task.call === 'outside' || !powerCalls[task.call].asksGuest);
  return ofTheSite ? ['busy', `Another task is in progress: ${task.call}.`] : null;
};

/**
 * Decides a call the way a site does. A power-off on top of a guest's own shutdown only hastens it: the transition is
 * counted where it was caused, so that an operation that had to escalate still shows one.
 */
export const verdictOn = (machine: SimulatedMachine, call: PowerCall, latency: Latency): Verdict => {
  const { power, task, plan } = machine;
  const inTheWay = hindrance(machine);
  if (inTheWay) return refusal(machine, ...inTheWay);
  const { from, leaves, boots, asksGuest } = powerCalls[call];
  if (!from.includes(power))
    return refusal(machine, 'invalid_power_state', `The attempted operation cannot be performed: it is ${power}.`);
  const ms = asksGuest ? (plan.guest.shutdownMs ?? latency.guestDown()) : latency.carriedOut(call);
  const steps = boots ? up(ms, latency.toolsUp()) : down(ms, leaves);
  if (asksGuest) return askGuest(machine, leaves, steps);
  const hastens = task?.call === 'shutdown-guest' && leaves === 'poweredOff';
  return accepted(leaves, steps, hastens ? task.n : null);
};
