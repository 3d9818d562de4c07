// How every service refuses what is asked of a machine that left the fleet. Never: a machine in the answer that whoever asks
// may not read.
import {
  reaches,
  reject,
  type Candidate,
  type PowerState,
  type Rejection,
  type Scope,
  type VmId,
} from '@drover/kernel';
import { mergedInto, type VmRecord } from './vm-record.js';

/** What tells a machine from another of its name. `power`: as the service that answers knows it; else as it was read last. */
export const candidateOf = (
  { vmId, name, connectionId, place, observed }: VmRecord,
  power: PowerState = observed?.reading.power ?? 'unknown',
): Candidate => ({
  ...{ id: vmId, name, connectionId, power },
  ...{ datacenter: place?.datacenter ?? null, path: place?.path ?? null },
});

/** How a refusal of a gone machine is made. `words`: what it says, of a merged one with the machine that it turned out to be. */
export interface GoneVmOptions<Vm extends VmRecord> {
  /** Whose machines the asker may read. */
  readonly scope: Scope;
  find(vmId: VmId): Promise<Vm | null>;
  words(into: VmId | null): string;
  /** How a machine is named in the answer; without it as it was read last. */
  readonly candidate?: (vm: Vm) => Candidate;
}

/**
 * Refuses what is asked of a machine that left the fleet. Of a merged one it names the machine that it turned out to be, to
 * whoever may read that one.
 */
export const goneVm = async <Vm extends VmRecord>(
  vm: Pick<VmRecord, 'life'>,
  { scope, find, words, candidate = candidateOf }: GoneVmOptions<Vm>,
): Promise<Rejection<'vm_gone'>> => {
  const id = mergedInto(vm);
  const found = id === null ? null : await find(id);
  const into = found && reaches(scope, found.groupIds) ? found : null;
  return reject('vm_gone', words(into && into.vmId), into ? { candidates: [candidate(into)] } : {});
};
