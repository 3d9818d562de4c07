import { ConnectionId, systemNow, VmId } from '@drover/kernel';
import { powerControlContract } from './power-control.contract.js';
import { memoryPowerControl } from './power-control.memory.js';

powerControlContract('memory', async () => {
  const control = memoryPowerControl(systemNow);
  const id = ConnectionId.parse('memory');
  const machine = {
    vmId: VmId.create(),
    instanceUuid: VmId.create(),
    target: {
      id,
      kind: 'simulator' as const,
      url: null,
      credentialRef: null,
      tls: { mode: 'system' as const, value: null },
      allow: [],
      revision: 1,
    },
  };
  const reset = async () => void Object.assign(control.machine(machine.vmId), { power: 'poweredOn', tools: 'toolsOk' });
  return { control, machine, reset };
});
