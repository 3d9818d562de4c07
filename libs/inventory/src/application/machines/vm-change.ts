// What came of a request about a machine, for its door. Never: events of a request that was carried out; the view has them.
import type { VmChange } from '@drover/contracts';
import type { Actor, VmId } from '@drover/kernel';
import { publicEvents, type Outcome } from '@drover/ports';
import type { VmState } from '../../domain/vm.js';
import type { VmFact } from '../../domain/vm.events.js';
import { inventoryPublished } from '../inventory.published.js';

/** What came of a request about a machine, as inventory answers it. The view tells the rest, but for what was only tried. */
export const vmChange = (
  vmId: VmId,
  { after, commit, replayed }: Outcome<VmFact, VmState>,
  { dryRun }: Pick<Actor, 'dryRun'>,
): VmChange => ({
  vmId,
  sequence: after.sequence,
  events: dryRun && commit ? publicEvents('inventory', inventoryPublished, commit) : [],
  replayed,
});
