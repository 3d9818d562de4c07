// The machines of all sites, restored from the ledger. Deciding, writing and changing are one synchronous step: nobody reads
// an effect that the disk does not have, and two calls for one machine never meet. Never: a promise between deciding and
// changing.
import { Instant, VmId, type ConnectionId } from '@drover/kernel';
import {
  ProviderFault,
  type Clock,
  type FaultCode,
  type MachineRef,
  type OperationToken,
  type PowerCall,
} from '@drover/ports';
import type { Blueprint } from './blueprint.simulator.js';
import type { SiteOutcome } from './calls.simulator.js';
import type { CallOrigin, Ledger, LedgerLine, NewLine } from './ledger.simulator.js';
import {
  foundBy,
  msUntilStep,
  settledAt,
  stepped,
  taken,
  untouched,
  type SimulatedMachine,
} from './machine.simulator.js';

/** What a watcher is told: the machine after a change, or that it went. */
export type MachineChange = { readonly is: 'changed' | 'removed'; readonly machine: SimulatedMachine };

/** The sites as they stand. */
export interface World {
  /**
   * Makes the machines of a fleet and takes what the ledger has of them, step by step. `added` gives the blueprint of one
   * that was added to the fleet by the line that orders it, and nothing for any other line.
   */
  restore(fleet: Iterable<Blueprint>, added: (line: LedgerLine) => Blueprint | null): Generator<void, void>;
  /** The machine that a site knows by this uuid. */
  find(connectionId: ConnectionId, instanceUuid: string): SimulatedMachine | undefined;
  all(): readonly SimulatedMachine[];
  /** Writes what came of a call and lets it happen. */
  record(machine: SimulatedMachine, outcome: SiteOutcome, asked: CallOrigin): LedgerLine;
  /** Writes of a change by somebody else that it could not be made. */
  note(asked: CallOrigin, answer: FaultCode, detail: string): LedgerLine;
  /** The machine of a blueprint, gone or never seen: what an order to add it is recorded on. */
  builtBy(blueprint: Blueprint): SimulatedMachine;
  onChange(listener: (change: MachineChange) => void): () => void;
  close(): void;
}

/** The disk took no line. So nothing has happened, and the same may be tried again. */
export class LedgerUnwritable extends ProviderFault {
  constructor(cause: unknown) {
    super('provider_error', 'The site cannot write its ledger.', 'no', { cause });
  }
}

/** Who asks when Drover does: the machine as Drover calls it, for which attempt of which operation. */
export const askedBy = ({ vmId }: MachineRef, call: PowerCall, token: OperationToken): CallOrigin => {
  const { operationId, attempt, epoch } = token;
  return { vmId, call, operationId, attempt, epoch, order: null, outsideLine: null };
};

/** The boot that a call leads to: later than the call and the last boot, so that it verifies a restart. */
const bootOf = ({ steps: [first] }: SiteOutcome, at: Instant, { bootAt }: SimulatedMachine) => {
  if (first?.power !== 'poweredOn') return null;
  return Instant.ofMs(Math.max(Date.parse(at) + Math.max(1, first.ms), bootAt ? Date.parse(bootAt) + 1 : 0));
};

/** The sites before anything stands on them. */
export const worldOf = (clock: Clock, ledger: Ledger): World => {
  const machines = new Map<VmId, SimulatedMachine>();
  const timers = new Map<VmId, () => void>();
  const listeners = new Set<(change: MachineChange) => void>();
  const tell = (change: MachineChange) => listeners.forEach((listener) => listener(change));

  /** One timer to a machine, for its next step. What is due now happens before anybody can look. */
  const schedule = (vmId: VmId, ms: number | null): void => {
    timers.get(vmId)?.();
    timers.delete(vmId);
    if (ms === null) return;
    if (ms > 0)
      timers.set(
        vmId,
        clock.after(ms, () => step(vmId)),
      );
    else step(vmId);
  };
  /** The time between two steps is the planned one, whatever the time of day does meanwhile. */
  const step = (vmId: VmId) => {
    const before = machines.get(vmId);
    const made = before?.pending?.steps[0];
    if (!before || !made) return;
    const machine = stepped(before);
    machines.set(vmId, machine);
    tell({ is: 'changed', machine });
    const coming = machine.pending?.steps[0];
    schedule(vmId, coming ? coming.ms - made.ms : null);
  };

  const retake = (line: LedgerLine, plan: Blueprint | null) => {
    if (!line.connectionId || line.instanceUuid === null) return;
    const vmId = VmId.ofInstance(line.connectionId, line.instanceUuid);
    const machine = machines.get(vmId) ?? (plan && untouched(plan));
    if (machine) machines.set(vmId, taken(foundBy(machine, line), line));
  };

  const write = (line: NewLine) => {
    try {
      return ledger.append(line);
    } catch (cause) {
      throw new LedgerUnwritable(cause);
    }
  };

  return {
    restore: function* (fleet, added) {
      for (const plan of fleet) yield void machines.set(plan.vmId, untouched(plan));
      for (const line of ledger.restore()) yield retake(line, added(line));
      for (const [vmId, machine] of machines) {
        if (machine.pending) {
          const settled = settledAt(machine, clock.now());
          machines.set(vmId, settled);
          schedule(vmId, msUntilStep(settled, clock.now()));
        }
        yield;
      }
    },
    find: (connectionId, instanceUuid) => {
      const machine = machines.get(VmId.ofInstance(connectionId, instanceUuid));
      return machine?.there ? machine : undefined;
    },
    all: () => [...machines.values()].filter(({ there }) => there),
    builtBy: (blueprint) => machines.get(blueprint.vmId) ?? untouched(blueprint),
    record: (machine, outcome, asked) => {
      const { connectionId, instanceUuid, vmId } = machine.plan;
      const at = clock.now();
      const bootAt = bootOf(outcome, at, machine);
      const line = write({ at, ...asked, connectionId, instanceUuid, before: machine.power, ...outcome, bootAt });
      const next = taken(machine, line);
      if (next === machine) return line;
      machines.set(vmId, next);
      if (line.steps.length > 0 || !next.there) schedule(vmId, line.steps[0]?.ms ?? null);
      if (line.order && line.steps.length === 0 && !(line.order.do === 'remove' && line.order.silently))
        tell({ is: next.there ? 'changed' : 'removed', machine: next });
      return line;
    },
    note: (asked, answer, detail) => {
      const nowhere = { connectionId: null, instanceUuid: null, before: null, after: null };
      const nothing = { effective: false, bootAt: null, steps: [], hastens: null } as const;
      return write({ at: clock.now(), ...asked, ...nowhere, ...nothing, answer, detail });
    },
    onChange: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    close: () => {
      timers.forEach((cancel) => cancel());
      timers.clear();
    },
  };
};
