import { Instant, systemNow, VmId } from '@drover/kernel';
import { sampleTarget as target } from '../samples.js';
import { powerControlContract } from './power-control.contract.js';
import { memoryPowerControl } from './power-control.memory.js';

powerControlContract('memory', async () => {
  let moment = systemNow();
  const control = memoryPowerControl(() => (moment = Instant.plusSeconds(moment, 1))); // a restart is later than what was before
  const machine = { vmId: VmId.create(), instanceUuid: VmId.create(), target };
  const reset = async () => void Object.assign(control.machine(machine.vmId), { power: 'poweredOn', tools: 'toolsOk' });
  return { control, machine, reset };
});
