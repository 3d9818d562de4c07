import type { VmChange } from '@drover/contracts';
import type { VmId } from '@drover/kernel';
import { publicEvents, type Outcome } from '@drover/ports';
import type { Vm } from '../../domain/vm.js';
import type { VmFact } from '../../domain/vm.events.js';
import { inventoryPublished } from '../inventory.published.js';

/** What came of a request about a machine, as inventory answers it. */
export const vmChange = (vmId: VmId, { after, commit, replayed }: Outcome<VmFact, Vm>): VmChange => ({
  vmId,
  sequence: after.sequence,
  events: commit ? publicEvents('inventory', inventoryPublished, commit) : [],
  replayed,
});
