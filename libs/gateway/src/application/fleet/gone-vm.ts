import { reject, type Candidate } from '@drover/kernel';
import type { View } from '@drover/ports';
import type { VmRow } from './vm-row.js';

/** What tells a machine from another of its name. */
export const candidateOf = ({ id, name, connectionId, hardware, power }: VmRow): Candidate => ({
  ...{ id, name, connectionId, power: power.state },
  ...{ datacenter: hardware?.datacenter ?? null, path: hardware?.path ?? null },
});

/** Refuses what is asked of a machine that left the fleet. Of a merged one it names the machine that it turned out to be. */
export const goneVm = async ({ id, mergedInto }: VmRow, because: string, vms: Pick<View<VmRow>, 'get'>) => {
  if (mergedInto === null) return reject('vm_gone', because, { vmId: id });
  const into = await vms.get(mergedInto);
  return reject('vm_gone', `${because} It was merged into ${mergedInto}.`, {
    vmId: id,
    ...(into?.known && { candidates: [candidateOf(into)] }),
  });
};
