import * as z from 'zod';
import { defineCommand, ofVm, VmId } from '@drover/kernel';
import type { View } from '@drover/ports';
import type { PowerOperation } from './power-operations.projection.js';
import { changeVm, type ChangeVmPorts } from './change-vm.js';

/** What taking a machine out may touch. */
export interface RetirePorts extends ChangeVmPorts {
  readonly powerOperations: View<PowerOperation>;
}

/** Takes a machine out of the fleet, also while its provider shows it; not while its power is being switched. Nothing happens to the machine itself. */
export const retireVm = defineCommand({
  name: 'vm.retire',
  input: z.strictObject({ vmId: VmId.schema }),
  needs: ({ vmId }) => ofVm(vmId, ['vm:edit']),
  handle: async (input, actor, ports: RetirePorts) => {
    const running = (await ports.powerOperations.get(input.vmId))?.operation ?? null;
    return changeVm(input.vmId, { type: 'Retire', running }, input, actor, ports);
  },
});
