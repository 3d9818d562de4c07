// The rules of a simulated site: what it answers to a call, and which steps the machine takes then. Pure: from a machine and
// a call to its outcome. Never: wait, record or draw a fault here; the power control and the orders from outside do that with
// the outcome.
import { GuestTools } from '@drover/kernel';
import { powerCalls, type FaultCode, type KnownPower, type PowerCall } from '@drover/ports';
import type { Latency } from './latency.simulator.js';
import type { PowerEffect } from './ledger.simulator.js';
import { taskOf, type SimulatedMachine } from './machine.simulator.js';

/** What the caller is told: that the call was taken, or why not. */
type Reply =
  { readonly answer: 'accepted'; readonly detail: null } | { readonly answer: FaultCode; readonly detail: string };

/** What a site answers to a call, and what comes of it. */
export type SiteOutcome = Reply & PowerEffect & { readonly after: KnownPower };

/** The steps of a call that changes something. */
export type Steps = Extract<PowerEffect, { readonly effective: true }>['steps'];

/** It changes nothing. */
const idle: PowerEffect = { effective: false, steps: [], hastens: null };

/** A call that is not obeyed. */
export const refusal = ({ power }: SimulatedMachine, answer: FaultCode, detail: string): SiteOutcome => ({
  ...{ answer, detail, after: power, ...idle },
});

/** A call that is obeyed, or one that changes nothing. */
export const accepted = (after: KnownPower, effect: PowerEffect = idle): SiteOutcome => ({
  ...{ answer: 'accepted', detail: null, after, ...effect },
});

/** Down in `ms`; the machine stays there. */
export const down = (ms: number, power: KnownPower): Steps => [{ ms, power, toolsUp: false }];

/** Up (again) in `ms`, the tools some time later. */
const up = (ms: number, tools: number): Steps => [
  { ms, power: 'poweredOn', toolsUp: false },
  { ms: ms + tools, power: 'poweredOn', toolsUp: true },
];

/** A guest hears while its tools run. One that hangs says yes and does nothing; so does one that is on its way. */
const askGuest = (machine: SimulatedMachine, after: KnownPower, steps: Steps): SiteOutcome => {
  const { tools, guest } = machine.plan;
  if (!machine.toolsUp || (tools !== GuestTools.running && tools !== GuestTools.outdated))
    return refusal(machine, 'tools_unavailable', 'The operation cannot be performed: VMware Tools is not running.');
  const obeys = guest.obeys && !taskOf(machine);
  return obeys ? accepted(after, { effective: true, steps, hastens: null }) : accepted(machine.power);
};

/** What stands in the way of every call. */
const hindrance = (machine: SimulatedMachine): readonly [FaultCode, string] | null => {
  const { question, template } = machine;
  if (template) return ['provider_error', 'The operation is not supported on the object: it is a template.'];
  if (question !== null) return ['guest_question_pending', question];
  const task = taskOf(machine);
  const ofTheSite = task && (task.call === 'outside' || !powerCalls[task.call].asksGuest);
  return ofTheSite ? ['busy', `Another task is in progress: ${task.call}.`] : null;
};

/**
 * Decides a call the way a site does. A power-off on top of a guest's own shutdown only hastens it: the transition is
 * counted where it was caused, so that an operation that had to escalate still shows one.
 */
export const outcomeOf = (machine: SimulatedMachine, call: PowerCall, latency: Latency): SiteOutcome => {
  const { power, plan } = machine;
  const inTheWay = hindrance(machine);
  if (inTheWay) return refusal(machine, ...inTheWay);
  const { from, leaves, boots, asksGuest } = powerCalls[call];
  if (!from.includes(power))
    return refusal(machine, 'invalid_power_state', `The attempted operation cannot be performed: it is ${power}.`);
  const ms = asksGuest ? (plan.guest.shutdownMs ?? latency.guestDown()) : latency.carriedOut(call);
  const steps = boots ? up(ms, latency.toolsUp()) : down(ms, leaves);
  if (asksGuest) return askGuest(machine, leaves, steps);
  const task = taskOf(machine);
  const hastens = task?.call === 'shutdown-guest' && leaves === 'poweredOff';
  return accepted(
    leaves,
    hastens ? { effective: false, steps, hastens: task.n } : { effective: true, steps, hastens: null },
  );
};
