import { PowerOffBody } from '@drover/contracts';
import { defineCommand, VmId } from '@drover/kernel';
import * as z from 'zod';
import { NEEDS } from '../../domain/way.js';
import { wishOff } from '../../domain/wish.js';
import { askFor, type AskPorts } from './ask-power.command.js';

/**
 * Asks for a machine to be powered off, and answers with the operation.
 * Nothing is read or switched here: this records the wish, `power.policy.ts` acts on it.
 */
export const powerOffVm = defineCommand({
  name: 'vm.power-off',
  input: z.strictObject({ vmId: VmId.schema, ...PowerOffBody.shape }),
  needs: ({ mode }) => NEEDS[mode],
  handle: (input, actor, ports: AskPorts) => {
    const { vmId, mode, timeoutSeconds, confirmName } = input;
    const confirm = confirmName === undefined ? {} : { confirmName };
    return askFor({ vmId, input, timeoutSeconds, wish: wishOff(mode, timeoutSeconds), ...confirm }, actor, ports);
  },
});
