import { sequenceIn } from '@drover/contracts';
import { isRejection, reject, type Actor, type VmId } from '@drover/kernel';
import { wishOf, type Clock, type StreamsOf } from '@drover/ports';
import type { VmCommand, vmDecider } from '../../domain/vm.decider.js';
import { vmStream } from '../../domain/vm.js';
import { shownVm, type VmViews } from '../queries/shown-vm.query.js';

/** What the wishes about a machine may touch. No provider is within their reach. */
export interface VmWishPorts {
  readonly vms: StreamsOf<typeof vmDecider>;
  readonly shown: VmViews;
  readonly clock: Clock;
}

/** Decides a wish about one machine, if the asker has seen its last version. */
export const decideOnVm = async (
  vmId: VmId,
  command: VmCommand,
  input: unknown,
  actor: Actor,
  { vms, clock }: Pick<VmWishPorts, 'vms' | 'clock'>,
) => {
  const ifSequence = sequenceIn(actor.ifMatch, 'i');
  if (ifSequence === null)
    return reject('version_mismatch', 'If-Match is no ETag of a machine. Nothing was done.', { vmId });
  const wish = { ...wishOf(actor, input, clock.now()), ...(ifSequence !== undefined && { ifSequence }) };
  const outcome = await vms.transact(vmStream(vmId), command, wish);
  return isRejection(outcome) && outcome.rejected !== 'not_found' ? { ...outcome, vmId } : outcome;
};

/** The way of every wish about one machine: the decision, and the machine after it. */
export const changeVm = async (vmId: VmId, command: VmCommand, input: unknown, actor: Actor, ports: VmWishPorts) => {
  const outcome = await decideOnVm(vmId, command, input, actor, ports);
  return isRejection(outcome) ? outcome : shownVm(vmId, outcome, actor, ports.shown);
};
