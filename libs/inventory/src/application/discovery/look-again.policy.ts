// Reads a machine once more because another service found something else than it knew. It is woken by name, and keeps no
// list. Never: work that must not be lost; what wakes it is a hint.
import { LOOK_AGAIN } from '@drover/contracts';
import { VmId, type Policy } from '@drover/kernel';
import { vmStream } from '../../domain/vm.js';
import { doubtMachine, type DoubtPorts } from './doubt-machine.js';

/**
 * Another service read a machine, and found something else than it knew: the machine is read once more, for its
 * provider's news of it was lost or is on its way. One that a reading does not find was removed.
 */
export const lookAgain = (ports: DoubtPorts): Policy => ({
  name: LOOK_AGAIN,
  advance: (key) => doubtMachine(vmStream(VmId.parse(key)), ports),
  unfinished: async () => [],
});
