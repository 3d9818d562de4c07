import { PowerOnBody } from '@drover/contracts';
import { defineCommand, VmId } from '@drover/kernel';
import * as z from 'zod';
import { secondsOn, wishOn } from '../../domain/wish.js';
import { askFor, type AskPorts } from './ask-power.command.js';

export { secondsOn };

/** Asks for a machine to be powered on, and answers with the operation. */
export const powerOnVm = defineCommand({
  name: 'vm.power-on',
  input: z.strictObject({ vmId: VmId.schema, ...PowerOnBody.shape }),
  needs: () => ['vm:operate'],
  handle: (input, actor, ports: AskPorts) => {
    const { vmId, waitForTools, timeoutSeconds } = input;
    return askFor(
      { vmId, input, timeoutSeconds: secondsOn(waitForTools, timeoutSeconds), wish: wishOn(waitForTools) },
      actor,
      ports,
    );
  },
});
