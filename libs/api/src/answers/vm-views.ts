// What a door asks of the view of machines, to answer with one that was just changed. Never: a machine without the event of
// the change.
import type { Vm, VmChange } from '@drover/contracts';
import type { VmId } from '@drover/kernel';

/** Machines as reads show them, wherever their view is kept. */
export interface VmViews {
  /** The machine once its view has that event of its owner's stream; null when it has not within two seconds. */
  after(vmId: VmId, sequence: number): Promise<Vm | null>;
  /** The machine as it would be with these events on top. */
  preview(vmId: VmId, events: VmChange['events']): Promise<Vm>;
}
