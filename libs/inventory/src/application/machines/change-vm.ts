import { noEtag, sequenceIn } from '@drover/contracts';
import { isRejection, reaches, scopeOf, type Actor, type VmId } from '@drover/kernel';
import { contextOf, type Clock, type StreamsOf } from '@drover/ports';
import type { VmCommand, vmDecider } from '../../domain/vm.decider.js';
import { livingIn, vmStream } from '../../domain/vm.js';
import { candidateOf } from './candidate.js';
import { vmChange } from './vm-change.js';

/** What the requests about a machine may touch. No provider is within their reach. */
export interface ChangeVmPorts {
  readonly vms: StreamsOf<typeof vmDecider>;
  readonly clock: Clock;
}

/** The machine that a merged one turned out to be, for whom may read that one. */
const mergedInto = async (vmId: VmId, actor: Actor, vms: ChangeVmPorts['vms']) => {
  const { state } = await vms.load(vmStream(vmId));
  if (state.is !== 'retired' || state.cause !== 'merged') return [];
  const into = livingIn((await vms.load(vmStream(state.into))).state);
  return into && reaches(scopeOf(actor, 'vm:read'), into.groupIds) ? [candidateOf(state.into, into)] : [];
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
  const candidates = outcome.rejected === 'vm_gone' ? await mergedInto(vmId, actor, vms) : [];
  const [into] = candidates;
  const merged = into && { candidates, because: `${outcome.because} It was merged into ${into.id}.` };
  return { ...outcome, vmId, ...merged } as typeof outcome;
};

/** The way of every request about one machine: the decision, and what it changed. */
export const changeVm = async (vmId: VmId, command: VmCommand, input: unknown, actor: Actor, ports: ChangeVmPorts) => {
  const outcome = await decideOnVm(vmId, command, input, actor, ports);
  return isRejection(outcome) ? outcome : vmChange(vmId, outcome);
};
