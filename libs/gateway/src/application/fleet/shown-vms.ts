// Machines for the doors of their owners: once the view has an event, or as a dry run would leave them. Never: something
// kept of a dry run.
import type { CloudEvent, Vm } from '@drover/contracts';
import type { ConnectionId, VmId } from '@drover/kernel';
import type { Clock } from '@drover/ports';
import type { GatewayViews } from '../views/views.js';
import { vmsProjection } from './vms.projection.js';
import { unknownVmRow, type VmRow } from './vm-row.js';
import type { ViewNotifier } from '../views/view-notifier.js';
import type { Moment } from '../views/moment.js';
import { shownVm } from './shown-vm.js';

/** Machines as the answers of their owners show them. */
export interface ShownVms {
  /** The machine once the view has that event of its inventory; null when it has not within two seconds. */
  after(vmId: VmId, sequence: number): Promise<Vm | null>;
  /** The machine as it would be with these events: nothing is kept of them. */
  preview(vmId: VmId, events: readonly CloudEvent[]): Promise<Vm>;
}

const PATIENCE_MS = 2000;

/** What waiting for a machine takes. */
export interface ShownVmsPorts {
  readonly notifier: ViewNotifier;
  readonly clock: Clock;
  readonly moment: () => Moment;
  /** Aborted when the process stops: nobody waits any longer. */
  readonly stopping: AbortSignal;
}

/** Reads the view for the owners. */
export const shownVms = (views: GatewayViews, { notifier, clock, moment, stopping }: ShownVmsPorts): ShownVms => {
  const show = (row: VmRow) => shownVm(row, views.connections, moment());
  return {
    after: async (vmId, sequence) => {
      const until = clock.monotonic() + PATIENCE_MS;
      for (;;) {
        // Asked for before the row is read: what comes in between wakes it, too.
        const grown = notifier.next(until - clock.monotonic());
        const row = await views.vms.get(vmId);
        if (row?.known && row.sequence >= sequence) return show(row);
        if (stopping.aborted || clock.monotonic() >= until) return null;
        await grown;
      }
    },
    preview: async (vmId, events) => {
      const { position } = views.shown;
      const before = await views.vms.get(vmId);
      const after = events.reduce<VmRow | null>((row, event) => {
        const { connectionId } = event.data as { readonly connectionId?: ConnectionId | null };
        const simulated = !!connectionId && views.connections.get(connectionId)?.kind === 'simulator';
        return vmsProjection.evolve(row, { type: event.type, position: position + 1, event, simulated });
      }, before);
      return show(after ?? unknownVmRow(vmId, clock.now()));
    },
  };
};
