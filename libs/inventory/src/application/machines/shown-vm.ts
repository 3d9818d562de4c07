import type { CloudEvent, Vm } from '@drover/contracts';
import type { Actor, VmId } from '@drover/kernel';
import { publicEvents, type Outcome } from '@drover/ports';
import type { Vm as VmState } from '../../domain/vm.js';
import type { VmFact } from '../../domain/vm.events.js';
import { inventoryPublished } from '../inventory.published.js';

/** The fleet as everyone sees it, which is not inventory's to keep. */
export interface VmViews {
  /** The machine once its view has that fact of its inventory stream; null when it does not come in time. */
  after(vmId: VmId, sequence: number): Promise<Vm | null>;
  /** The machine as it would be with these events on top. */
  preview(vmId: VmId, events: readonly CloudEvent[]): Promise<Vm>;
}

/** The answer to a request about a machine. `vm`: null when its view is not there yet. */
export interface ShownVm {
  readonly vmId: VmId;
  readonly vm: Vm | null;
  readonly replayed: boolean;
}

/** Shows what came of a request: the view that has it, or what a dry run would have made of it. */
export const shownVm = async (
  vmId: VmId,
  { after, commit, replayed }: Outcome<VmFact, VmState>,
  actor: Actor,
  shown: VmViews,
): Promise<ShownVm> => {
  const events = commit ? publicEvents('inventory', inventoryPublished, commit) : [];
  const vm = actor.dryRun ? await shown.preview(vmId, events) : await shown.after(vmId, after.sequence);
  return { vmId, vm, replayed };
};
