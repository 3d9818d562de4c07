import { EditVmBody } from '@drover/contracts';
import { defineCommand, ofVm, VmId } from '@drover/kernel';
import { changeVm, type ChangeVmPorts } from './change-vm.js';

/** Changes what people say of a machine: null clears, what is left out stays. */
export const editVm = defineCommand({
  name: 'vm.edit',
  input: EditVmBody.extend({ vmId: VmId.schema }),
  needs: ({ vmId }) => ofVm(vmId, ['vm:edit']),
  handle: (input, actor, ports: ChangeVmPorts) => {
    const { vmId, ...words } = input;
    return changeVm(vmId, { type: 'Edit', ...words }, input, actor, ports);
  },
});
