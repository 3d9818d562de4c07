// Refuses what is asked of a machine that left the fleet, by the rule that all services share. Never: the machine it was
// merged into, to whoever may not read that one.
import { goneVm } from '@drover/contracts';
import { scopeOf, type Actor } from '@drover/kernel';
import type { View } from '@drover/ports';
import { shownCandidate } from './vm-members.js';
import type { KnownVmRow, VmRow } from './vm-row.js';

/** Refuses what is asked of a machine that left the fleet, and says what it turned out to be. */
export const refuseGone = async (
  row: KnownVmRow,
  because: string,
  { vms, actor }: { readonly vms: Pick<View<VmRow>, 'get'>; readonly actor: Actor },
) => {
  const refusal = await goneVm(row, {
    scope: scopeOf(actor, 'vm:read'),
    find: async (vmId) => {
      const into = await vms.get(vmId);
      return into?.known ? into : null;
    },
    words: (into) => (into ? `${because} It was merged into ${into}.` : because),
    candidate: shownCandidate,
  });
  return { ...refusal, vmId: row.vmId };
};
