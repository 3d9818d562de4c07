import { PowerOffBody } from '@drover/contracts';
import { defineCommand, ofVm, VmId } from '@drover/kernel';
import * as z from 'zod';
import { rightsFor } from '../../domain/power-request.js';
import { requestPower, type RequestPorts } from './request-power.js';

/** Requests that a machine is powered off. The request is recorded, and the operation is the answer; `power.policy.ts` acts on it. */
export const powerOffVm = defineCommand({
  name: 'vm.power-off',
  input: z.strictObject({ vmId: VmId.schema, ...PowerOffBody.shape }),
  needs: ({ vmId, mode }) => ofVm(vmId, rightsFor(mode)),
  handle(input, actor, ports: RequestPorts) {
    const { vmId, mode, timeoutSeconds, confirmName } = input;
    const template = { action: 'power-off', mode, timeoutSeconds, waitForTools: false } as const;
    return requestPower({ vmId, template, input, ...(confirmName !== undefined && { confirmName }) }, actor, ports);
  },
});
