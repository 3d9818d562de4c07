import type { Candidate, VmId } from '@drover/kernel';
import type { LivingVm } from '../../domain/vm.js';

/** What tells a machine from another that is called alike. */
export const candidateOf = (id: VmId, vm: LivingVm): Candidate => {
  const { datacenter = null, path = null } = (vm.is === 'registered' ? null : vm.hardware) ?? {};
  const power = vm.is === 'registered' ? 'unknown' : vm.reading.power;
  return { id, name: vm.name, connectionId: vm.connectionId, datacenter, path, power };
};
