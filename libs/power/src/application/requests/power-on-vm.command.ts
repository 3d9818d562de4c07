import { PowerOnBody } from '@drover/contracts';
import { defineCommand, ofVm, VmId } from '@drover/kernel';
import * as z from 'zod';
import { rightsFor } from '../../domain/power-request.js';
import { requestPower, type RequestPorts } from './request-power.js';

/** How long a power-on may take when nobody said: guest tools come late. */
export const secondsOn = (waitForTools: boolean, chosen: number | undefined) => chosen ?? (waitForTools ? 600 : 180);

/** Requests that a machine is powered on. The request is recorded, and the operation is the answer; `power.policy.ts` acts on it. */
export const powerOnVm = defineCommand({
  name: 'vm.power-on',
  input: z.strictObject({ vmId: VmId.schema, ...PowerOnBody.shape }),
  needs: ({ vmId }) => ofVm(vmId, rightsFor(null)),
  handle(input, actor, ports: RequestPorts) {
    const { vmId, waitForTools } = input;
    const timeoutSeconds = secondsOn(waitForTools, input.timeoutSeconds);
    return requestPower(
      { vmId, template: { action: 'power-on', mode: null, timeoutSeconds, waitForTools }, input },
      actor,
      ports,
    );
  },
});
