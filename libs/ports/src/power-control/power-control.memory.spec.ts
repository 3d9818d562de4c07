import { Instant, systemNow, VmId } from '@drover/kernel';
import { sampleTarget as target } from '../samples.js';
import { powerControlContract } from './power-control.contract.js';
import { memoryPowerControl, type MemoryMachine } from './power-control.memory.js';

powerControlContract('memory', async () => {
  let moment = systemNow();
  const control = memoryPowerControl(() => (moment = Instant.plusSeconds(moment, 1))); // a restart is later than what was before
  const machine = { vmId: VmId.create(), key: VmId.create(), target };
  const make = async (state: Partial<MemoryMachine>) => void Object.assign(control.machine(machine.vmId), state);
  return {
    ...{ control, machine },
    reset: () => make({ power: 'poweredOn', tools: 'toolsOk', connected: true, template: false }),
    disconnect: () => make({ connected: false }),
    markAsTemplate: () => make({ template: true }),
  };
});
