// Changes that somebody other than Drover makes at the sites: an order of `outside.ndjson` is judged by the same rules as a
// call and written to the ledger under no operation. Never: apply an order that names several machines; it is noted as
// refused.
import type { VmId } from '@drover/kernel';
import { addedTo } from '../sites/fleet.simulator.js';
import type { Blueprint } from '../sites/blueprint.simulator.js';
import { accepted, down, outcomeOf, refusal, type SiteOutcome, type Steps } from '../sites/calls.simulator.js';
import { sites } from '../sites/connections.simulator.js';
import type { Latency } from '../sites/latency.simulator.js';
import type { CallOrigin, LedgerLine } from '../sites/ledger.simulator.js';
import type { SimulatedMachine } from '../sites/machine.simulator.js';
import type { Order } from './order.simulator.js';
import type { World } from '../sites/world.simulator.js';

const nobody = (vmId: VmId | null, order: Order | null, outsideLine: number | null): CallOrigin => ({
  vmId,
  call: 'outside',
  operationId: null,
  attempt: null,
  epoch: null,
  order,
  outsideLine,
});

/** The first step at once, the others as long after it as they were. */
const sooner = ([first, ...more]: Steps): Steps => [
  { ...first, ms: 0 },
  ...more.map((step) => ({ ...step, ms: step.ms - first.ms })),
];
const atOnce = (outcome: SiteOutcome): SiteOutcome =>
  outcome.effective || outcome.hastens !== null ? { ...outcome, steps: sooner(outcome.steps) } : outcome;

const orderedOutcome = (machine: SimulatedMachine, order: Order, latency: Latency): SiteOutcome => {
  switch (order.do) {
    case 'power-off':
    case 'power-on':
    case 'reset':
      return atOnce(outcomeOf(machine, order.do, latency));
    case 'suspend':
      return machine.power === 'poweredOn'
        ? accepted('suspended', { effective: true, steps: down(0, 'suspended'), hastens: null })
        : refusal(machine, 'invalid_power_state', `it is ${machine.power}`);
    default:
      return accepted(machine.power);
  }
};

/** Somebody else at the sites: each order is decided, written and carried out like a call, under no operation. */
export const othersAt = (world: World, fleet: readonly Blueprint[], seed: string | number, latency: Latency) => {
  const meant = ({ vm, site }: Order) =>
    world.all().filter(({ plan }) => (plan.name === vm || plan.vmId === vm) && (!site || plan.connectionId === site));

  const add = (order: Order, outsideLine: number | null): LedgerLine => {
    const machine = world.builtBy(addedTo(fleet, seed, order.site ?? sites[0].id, order.vm));
    const asked = nobody(machine.plan.vmId, order, outsideLine);
    return machine.there && world.find(machine.plan.connectionId, machine.plan.instanceUuid)
      ? world.note(asked, 'provider_error', `${order.vm} is there already`)
      : world.record(machine, orderedOutcome(machine, order, latency), asked);
  };

  return {
    carryOut: (order: Order, outsideLine: number | null): LedgerLine => {
      if (order.do === 'add') return add(order, outsideLine);
      const [machine, ...more] = meant(order);
      const refused = nobody(null, null, outsideLine);
      if (!machine) return world.note(refused, 'not_found', `no machine is called ${order.vm}`);
      if (more.length > 0) return world.note(refused, 'not_found', `several are called ${order.vm}: name the site`);
      return world.record(
        machine,
        orderedOutcome(machine, order, latency),
        nobody(machine.plan.vmId, order, outsideLine),
      );
    },
    misunderstood: (outsideLine: number, problem: string): LedgerLine =>
      world.note(nobody(null, null, outsideLine), 'provider_error', problem),
  };
};
