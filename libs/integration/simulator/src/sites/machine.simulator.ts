// A machine is a value; what happens to it is a fold over the ledger. The running house and the one that is restored
// after a kill use the same functions, so they cannot come to different machines.
import { GuestTools, Instant, type ReadOrder, type Tools } from '@drover/kernel';
import type { ProviderIdentity, KnownPower, Machine, MachineBatch, UnnumberedReading } from '@drover/ports';
import { detailsOf, refOf, type Blueprint } from './blueprint.simulator.js';
import type { LedgerLine, Step } from './ledger.simulator.js';
import type { Order } from '../steering/order.simulator.js';

/** Whether it runs; only what runs has a boot, and tools that may be up. */
type RunState =
  | { readonly power: 'poweredOn'; readonly toolsUp: boolean; readonly bootAt: Instant | null }
  | { readonly power: Exclude<KnownPower, 'poweredOn'>; readonly toolsUp: false; readonly bootAt: null };

/** The line that was taken, the steps of it that are still to come, in order, and whether it was obeyed by the first. */
interface Pending {
  readonly line: Pick<LedgerLine, 'n' | 'call' | 'at' | 'bootAt'>;
  readonly steps: readonly [Step, ...Step[]];
  readonly isObeyed: boolean;
}

/** One machine as it stands at its site, with what it will still become. */
export type SimulatedMachine = RunState & {
  readonly plan: Blueprint;
  readonly there: boolean;
  readonly question: string | null;
  /** How the site reaches it: `connected`, or why it cannot. */
  readonly connectionState: string;
  /** Whether the site keeps it as a template. */
  readonly template: boolean;
  /** Whether its power can be read in a listing. */
  readonly readable: boolean;
  readonly pending: Pending | null;
};

/** The call that was taken and not yet obeyed. */
export const taskOf = ({ pending }: SimulatedMachine): Pending['line'] | null =>
  pending && !pending.isObeyed ? pending.line : null;

const runState = ({ power, toolsUp }: Pick<Step, 'power' | 'toolsUp'>, bootAt: Instant | null): RunState =>
  power === 'poweredOn' ? { power, toolsUp, bootAt } : { power, toolsUp: false, bootAt: null };

/** A machine that nobody has touched. */
export const untouched = (plan: Blueprint): SimulatedMachine => {
  const state = runState({ power: plan.power, toolsUp: true }, plan.bootAt);
  const ordinary = { question: null, connectionState: 'connected', template: false, readable: true };
  return { plan, there: true, ...state, ...ordinary, pending: null };
};

/** What an order changes beyond power. */
const ordered = (machine: SimulatedMachine, order: Order): SimulatedMachine => {
  const { plan } = machine;
  switch (order.do) {
    case 'remove':
      return { ...machine, there: false, pending: null };
    case 'add':
      return { ...machine, there: true };
    case 'rename':
      return { ...machine, plan: { ...plan, name: order.name } };
    case 'tools':
      return { ...machine, plan: { ...plan, tools: order.tools } };
    case 'guest': {
      const { obeys = plan.guest.obeys, shutdownMs = plan.guest.shutdownMs } = order;
      return { ...machine, plan: { ...plan, guest: { obeys, shutdownMs } } };
    }
    case 'state': {
      const { connectionState = machine.connectionState, template = machine.template } = order;
      return { ...machine, connectionState, template, readable: order.readable ?? machine.readable };
    }
    case 'question':
      return { ...machine, question: order.text };
    case 'template':
      return { ...machine, template: order.is };
    default:
      return machine; // power: told by the steps of the line
  }
};

/** Takes what a line says. Its steps, if it has any, take the place of those that were to come. */
export const taken = (machine: SimulatedMachine, line: LedgerLine): SimulatedMachine => {
  if (line.answer !== 'accepted' && line.steps.length === 0) return machine;
  const changed = line.order ? ordered(machine, line.order) : machine;
  const [first, ...more] = line.steps;
  return first ? { ...changed, pending: { line, steps: [first, ...more], isObeyed: false } } : changed;
};

/** Makes the next of the steps to come. */
export const stepped = (machine: SimulatedMachine): SimulatedMachine => {
  if (!machine.pending) return machine;
  const { steps, line } = machine.pending;
  const [step, next, ...later] = steps;
  const pending = next ? { line, steps: [next, ...later] as const, isObeyed: true } : null;
  return { ...machine, ...runState(step, line.bootAt), pending };
};

/** How long until the next step, seen from `at`; null when there is none. Never longer than planned: clocks jump. */
export const msUntilStep = ({ pending }: SimulatedMachine, at: Instant): number | null => {
  if (!pending) return null;
  const { ms } = pending.steps[0];
  return Math.max(0, Math.min(ms, ms - Instant.msBetween(pending.line.at, at)));
};

/** Makes all steps that were due by then. */
export const settledAt = (machine: SimulatedMachine, at: Instant): SimulatedMachine =>
  msUntilStep(machine, at) === 0 ? settledAt(stepped(machine), at) : machine;

/**
 * The machine as a line of the ledger found it. The clock may have been set back before the line was written: what the
 * machine was by then says that its steps had been made, though they were not due by the instants.
 */
export const foundBy = (
  machine: SimulatedMachine,
  { at, before }: Pick<LedgerLine, 'at' | 'before'>,
): SimulatedMachine => {
  const settled = settledAt(machine, at);
  let found = settled;
  while (before !== null && found.power !== before && found.pending) found = stepped(found);
  return before === null || found.power === before ? found : settled;
};

/** What the site says of the tools: without a running guest they do not run. */
export const toolsOf = ({ plan, toolsUp }: SimulatedMachine): Tools =>
  toolsUp || plan.tools === GuestTools.absent ? plan.tools : GuestTools.stopped;

/** What a reading of it says. A site that does not reach it still shows the power that it knew last. */
export const readingOf = (machine: SimulatedMachine, observedAt: Instant): UnnumberedReading => {
  const { power, bootAt, question, template, connectionState } = machine;
  if (connectionState !== 'connected') {
    const unknown = { power: 'unknown', tools: 'unknown', bootAt: null, uptimeSeconds: null, question: null } as const;
    return { ...unknown, lastKnown: { power }, template, observedAt };
  }
  const uptimeSeconds = bootAt && Math.max(0, Math.floor(Instant.msBetween(bootAt, observedAt) / 1000));
  return { power, tools: toolsOf(machine), bootAt, uptimeSeconds, question, template, observedAt };
};

/** What the site calls it. */
export const identityOf = ({ plan }: SimulatedMachine): ProviderIdentity => ({
  ref: refOf(plan),
  key: plan.instanceUuid,
});

/** How the catalog shows it. */
const catalogued = (machine: SimulatedMachine, observedAt: Instant, order: ReadOrder): Machine => {
  const { plan, power, bootAt, connectionState, template } = machine;
  const { instanceUuid: key, name } = plan;
  const { aliases, hardware: made } = detailsOf(plan);
  const hardware = { ...made, observedAt };
  const state = { power, tools: toolsOf(machine), bootAt, connectionState, template };
  return { key, name, aliases, hardware, ...state, observedAt, ...order };
};

/** How the catalog shows several. */
export const batchOf = (
  machines: readonly SimulatedMachine[],
  observedAt: Instant,
  order: ReadOrder,
): MachineBatch => ({
  machines: machines.filter(({ readable }) => readable).map((machine) => catalogued(machine, observedAt, order)),
  skipped: machines
    .filter(({ readable }) => !readable)
    .map((machine) => ({ ...identityOf(machine), name: machine.plan.name, why: 'its power cannot be read' })),
});
