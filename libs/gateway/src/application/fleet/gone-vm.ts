import { reaches, reject, scopeOf, type Actor, type Candidate } from '@drover/kernel';
import type { View } from '@drover/ports';
import type { VmRow } from './vm-row.js';

/** What tells a machine from another of its name. */
export const candidateOf = ({ id, name, connectionId, hardware, power }: VmRow): Candidate => ({
  ...{ id, name, connectionId, power: power.state },
  ...{ datacenter: hardware?.datacenter ?? null, path: hardware?.path ?? null },
});

/**
 * Refuses what is asked of a machine that left the fleet. Of a merged one it names the machine that it turned out to be, to
 * whom may read that one.
 */
export const goneVm = async (
  { id, mergedInto }: VmRow,
  because: string,
  { vms, actor }: { readonly vms: Pick<View<VmRow>, 'get'>; readonly actor: Actor },
) => {
  const into = mergedInto === null ? null : await vms.get(mergedInto);
  if (!into?.known || !reaches(scopeOf(actor, 'vm:read'), into.groupIds))
    return reject('vm_gone', because, { vmId: id });
  const candidates = [candidateOf(into)];
  return reject('vm_gone', `${because} It was merged into ${into.id}.`, { vmId: id, candidates });
};
