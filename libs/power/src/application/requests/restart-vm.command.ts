import { RestartBody } from '@drover/contracts';
import { defineCommand, ofVm, VmId } from '@drover/kernel';
import * as z from 'zod';
import { rightsFor } from '../../domain/power-request.js';
import { requestPower, type RequestPorts } from './request-power.js';

/** Requests that a machine is restarted. The request is recorded, and the operation is the answer; `power.policy.ts` acts on it. */
export const restartVm = defineCommand({
  name: 'vm.restart',
  input: z.strictObject({ vmId: VmId.schema, ...RestartBody.shape }),
  needs: ({ vmId, mode }) => ofVm(vmId, rightsFor(mode)),
  handle(input, actor, ports: RequestPorts) {
    const { vmId, mode, timeoutSeconds } = input;
    const template = { action: 'restart', mode, timeoutSeconds, waitForTools: false } as const;
    return requestPower({ vmId, template, input }, actor, ports);
  },
});
