import { RestartBody } from '@drover/contracts';
import { defineCommand, VmId } from '@drover/kernel';
import * as z from 'zod';
import { NEEDS } from '../../domain/way.js';
import { wishBack } from '../../domain/wish.js';
import { askFor, type AskPorts } from './ask-power.command.js';

/** Asks for a machine to be restarted, and answers with the operation. */
export const restartVm = defineCommand({
  name: 'vm.restart',
  input: z.strictObject({ vmId: VmId.schema, ...RestartBody.shape }),
  needs: ({ mode }) => NEEDS[mode],
  handle: (input, actor, ports: AskPorts) =>
    askFor({ vmId: input.vmId, input, timeoutSeconds: input.timeoutSeconds, wish: wishBack(input.mode) }, actor, ports),
});
