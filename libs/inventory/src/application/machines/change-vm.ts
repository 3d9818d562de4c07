// The way of every request about one machine, from its condition to the append. Never: a question to the provider; policies
// ask.
import { goneVm, noEtag, sequenceIn } from '@drover/contracts';
import { isRejection, scopeOf, type Actor, type VmId } from '@drover/kernel';
import { contextOf, type Clock, type StreamsOf } from '@drover/ports';
import type { VmCommand, vmDecider } from '../../domain/vm.decider.js';
import { vmStream } from '../../domain/vm.js';
import { recordIn } from './vm-directory.projection.js';
import { vmChange } from './vm-change.js';

/** What the requests about a machine may touch. No provider is within their reach. */
export interface ChangeVmPorts {
  readonly vms: StreamsOf<typeof vmDecider>;
  readonly clock: Clock;
}

/** A refusal of a machine that left the fleet, with what a merged one turned out to be. */
const withMerged = async (vmId: VmId, because: string, actor: Actor, vms: ChangeVmPorts['vms']) => {
  const find = async (id: VmId) => recordIn(await vms.commits(vmStream(id)));
  const record = await find(vmId);
  const words = (into: VmId | null) => (into ? `${because} It was merged into ${into}.` : because);
  return record && goneVm(record, { scope: scopeOf(actor, 'vm:read'), find, words });
};

/** Decides a request about one machine, if the asker has seen its last version. */
export const decideOnVm = async (
  vmId: VmId,
  command: VmCommand,
  input: unknown,
  actor: Actor,
  { vms, clock }: Pick<ChangeVmPorts, 'vms' | 'clock'>,
) => {
  const ifSequence = sequenceIn(actor.ifMatch, 'i');
  if (ifSequence === null) return noEtag('machine', { vmId });
  const context = { ...contextOf(actor, input, clock.now()), ...(ifSequence !== undefined && { ifSequence }) };
  const outcome = await vms.transact(vmStream(vmId), command, context);
  if (!isRejection(outcome)) return outcome;
  const merged = outcome.rejected === 'vm_gone' && (await withMerged(vmId, outcome.because, actor, vms));
  return { ...outcome, vmId, ...merged } as typeof outcome;
};

/** The way of every request about one machine: the decision, and what it changed. */
export const changeVm = async (vmId: VmId, command: VmCommand, input: unknown, actor: Actor, ports: ChangeVmPorts) => {
  const outcome = await decideOnVm(vmId, command, input, actor, ports);
  return isRejection(outcome) ? outcome : vmChange(vmId, outcome, actor);
};
