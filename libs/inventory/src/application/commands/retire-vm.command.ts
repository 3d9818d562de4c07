import * as z from 'zod';
import { defineCommand, VmId } from '@drover/kernel';
import { changeVm, type VmWishPorts } from './change-vm.command.js';

/** Takes a machine out of the fleet, also while its provider shows it. Nothing happens to the machine itself. */
export const retireVm = defineCommand({
  name: 'vm.retire',
  input: z.strictObject({ vmId: VmId.schema }),
  needs: () => ['vm:edit'],
  handle: (input, actor, ports: VmWishPorts) => changeVm(input.vmId, { type: 'Retire' }, input, actor, ports),
});
