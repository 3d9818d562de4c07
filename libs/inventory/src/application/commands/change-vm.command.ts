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

/** The way of every wish about one machine: the version that the asker has seen, the decision, the machine after it. */
export const changeVm = async (vmId: VmId, command: VmCommand, input: unknown, actor: Actor, ports: VmWishPorts) => {
  const { vms, shown, clock } = ports;
  const ifSequence = sequenceIn(actor.ifMatch, 'i');
  if (ifSequence === null)
    return reject('version_mismatch', 'If-Match is no ETag of a machine. Nothing was done.', { vmId });
  const wish = { ...wishOf(actor, input, clock.now()), ...(ifSequence !== undefined && { ifSequence }) };
  const outcome = await vms.transact(vmStream(vmId), command, wish);
  if (isRejection(outcome)) return outcome.rejected === 'not_found' ? outcome : { ...outcome, vmId };
  return shownVm(vmId, outcome, actor, shown);
};
