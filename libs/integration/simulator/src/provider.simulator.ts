// The default provider: two sites that behave like real ones and need nothing. What happens to them is in `<dir>`:
// `ledger.ndjson` (what reached them; ours), `faults.json` (what shall go wrong; yours), `outside.ndjson` (what others do
// there; yours, append only). Everything waits on the clock. Never: chance in what a site is; the same seed makes the same
// sites.
import { join } from 'node:path';
import type { Instant } from '@drover/kernel';
import {
  readCounter,
  type Clock,
  type MachineCatalog,
  type MachineRef,
  type PowerControl,
  type ReadCounter,
  type UnnumberedReading,
} from '@drover/ports';
import type { Blueprint } from './sites/blueprint.simulator.js';
import { chanceOf, type Chance } from './sites/chance.simulator.js';
import { simulatedConnections, siteTarget, type SimulatedConnection } from './sites/connections.simulator.js';
import { openFaults, type Faults } from './steering/faults.simulator.js';
import { addedTo, machinesOf } from './sites/fleet.simulator.js';
import { gradually } from './sites/gradual.simulator.js';
import { latencyOf } from './sites/latency.simulator.js';
import { openLedger, readLedger, type LedgerLine } from './sites/ledger.simulator.js';
import { lookOut, type Report } from './steering/look-out.simulator.js';
import { simulatedCatalog, type SimulatedCatalog } from './machine-catalog.simulator.js';
import { readingOf, taskOf, type SimulatedMachine } from './sites/machine.simulator.js';
import { Order, readOrder } from './steering/order.simulator.js';
import { othersAt } from './steering/others.simulator.js';
import { outsideFile } from './steering/outside-file.simulator.js';
import { simulatedPowerControl } from './power-control.simulator.js';
import { worldOf } from './sites/world.simulator.js';

/**
 * What a fleet is made from. `latency` is a factor, 0 for none. `random` decides how long things take. `report` is told
 * what goes wrong with the files where nobody waits for an answer; without it, that is thrown. `reads` numbers what this
 * process reads; the sites have a counter of their own unless stated.
 */
export interface SimulatorOptions {
  readonly clock: Clock;
  readonly dir: string;
  readonly size: number;
  readonly latency: number;
  readonly seed: string | number;
  readonly random?: Chance;
  readonly report?: Report;
  readonly reads?: ReadCounter;
}

/** A machine as it stands, for tests and demonstrations; Drover sees only what the ports tell. */
export type MachineSnapshot = Pick<Blueprint, 'name' | 'connectionId' | 'guest'> & {
  readonly ref: MachineRef;
  readonly reading: UnnumberedReading;
  /** The call that was taken and is not yet obeyed. */
  readonly task: LedgerLine['call'] | null;
};

type More = Record<string, unknown>;

/** The simulated provider. */
export interface Simulator {
  readonly control: PowerControl;
  readonly catalog: MachineCatalog;
  readonly ping: SimulatedCatalog['ping'];
  readonly look: SimulatedCatalog['look'];
  readonly connections: readonly SimulatedConnection[];
  /** Resolves once all machines stand, and rejects when they cannot be made. Until then whoever asks by the ports waits. */
  readonly standing: Promise<void>;
  readonly faults: Pick<Faults, 'set'>;
  /** Does something at a site as somebody else would; throws when it cannot be done. */
  do(vm: string, what: Order['do'], more?: More): LedgerLine;
  /** All machines as they stand now. */
  machines(): readonly MachineSnapshot[];
  /** The one machine of a name or a vmId; throws when there is none, or more. */
  machine(vm: string): MachineSnapshot;
  /** The ledger as it is on disk. */
  ledger(): readonly LedgerLine[];
  /** Stops everything. What was taken and is not yet obeyed is obeyed in the next life. */
  close(): void;
}

const refOf = ({ vmId, instanceUuid: key, connectionId }: Blueprint): MachineRef => ({
  ...{ vmId, key },
  target: siteTarget(connectionId),
});

const standing = (machine: SimulatedMachine, at: Instant): MachineSnapshot => {
  const { name, connectionId, guest } = machine.plan;
  const task = taskOf(machine)?.call ?? null;
  return { name, connectionId, guest, ref: refOf(machine.plan), reading: readingOf(machine, at), task };
};

const thrown: Report = (_where, error) => {
  throw error;
};

/** Opens the sites as they were left. */
export const simulator = (options: SimulatorOptions): Simulator => {
  const { clock, dir, size, latency: factor, seed, random, report = thrown } = options;
  const { reads = readCounter('simulator') } = options;
  const ledgerPath = join(dir, 'ledger.ndjson');
  const fleet: Blueprint[] = [];
  const ledger = openLedger(ledgerPath);
  let drawn = random;
  const latency = latencyOf(factor, () => (drawn ??= chanceOf(seed, 'latency', ledger.last()))());
  const faults = openFaults(join(dir, 'faults.json'));
  const world = worldOf(clock, ledger);
  const others = othersAt(world, fleet, seed, latency);
  const outside = outsideFile(join(dir, 'outside.ndjson'));

  let stopLooking = () => {};
  const setUp = gradually(made(), clock);
  const site = { clock, world, faults, latency, reads, setUp };
  const catalog = simulatedCatalog(site);
  const close = () => {
    setUp.stop();
    stopLooking();
    world.close();
    ledger.close();
  };
  const readOrders = () =>
    outside.each(({ line, text }) => {
      const read = readOrder(text);
      if ('order' in read) others.carryOut(read.order, line);
      else others.misunderstood(line, read.problem);
    });
  /** The machines of the fleet as the ledger has left them; then what happens to them is looked for. */
  function* made() {
    for (const plan of machinesOf(size, seed)) yield void fleet.push(plan);
    yield* world.restore(fleet, ({ order, connectionId }) =>
      order?.do === 'add' && connectionId ? addedTo(fleet, seed, connectionId, order.vm) : null,
    );
    yield* outside.skip(ledger.outsideLine());
    stopLooking = lookOut(clock, dir, [readOrders, catalog.breakLost], report);
  }
  try {
    setUp.begin();
  } catch (error) {
    close();
    throw error;
  }

  const machines = () => {
    setUp.finish();
    return world.all().map((machine) => standing(machine, clock.now()));
  };

  return {
    control: simulatedPowerControl(site),
    catalog,
    ping: catalog.ping,
    look: catalog.look,
    connections: simulatedConnections(size),
    standing: setUp.done,
    faults,
    do: (vm, what, more = {}) => {
      setUp.finish();
      const line = others.carryOut(Order.parse({ ...more, vm, do: what }), null);
      if (line.answer !== 'accepted') throw new Error(`${what} ${vm}: ${line.detail}`);
      return line;
    },
    machines,
    machine: (vm) => {
      const [found, ...more] = machines().filter(({ name, ref }) => name === vm || ref.vmId === vm);
      if (!found) throw new Error(`no machine is called ${vm}`);
      if (more.length > 0) throw new Error(`several machines are called ${vm}`);
      return found;
    },
    ledger: () => Array.from(readLedger(ledgerPath), ({ line }) => line),
    close,
  };
};
