import { PowerOnBody } from '@drover/contracts';
import { defineCommand, Instant, isRejection, VmId } from '@drover/kernel';
import { contextOf } from '@drover/ports';
import * as z from 'zod';
import { powerStream } from '../../domain/power.js';
import { rightsFor, secondsOn } from '../../domain/request-template.js';
import { granted } from './accepted-operation.js';
import { ifMatched, preconditionsOf, type RequestPorts } from './preconditions.js';

/**
 * Asks for a machine to be powered on, and answers with the operation.
 * Nothing is read or switched here: this records the request, `power.policy.ts` acts on it.
 */
export const powerOnVm = defineCommand({
  name: 'vm.power-on',
  input: z.strictObject({ vmId: VmId.schema, ...PowerOnBody.shape }),
  needs: () => rightsFor(null),
  async handle(input, actor, ports: RequestPorts) {
    const { vmId, waitForTools, timeoutSeconds } = input;
    const standing = await preconditionsOf({ vmId }, actor, ports);
    if (isRejection(standing)) return standing;
    const { at } = standing;
    const request = { kind: 'power-on', waitForTools } as const;
    const deadline = Instant.plusSeconds(at, secondsOn(waitForTools, timeoutSeconds));
    const outcome = await ports.powers.transact(
      powerStream(vmId),
      { type: 'RequestPower', ...standing, request, deadline, bulkId: null },
      ifMatched(contextOf(actor, input, at), actor),
    );
    return isRejection(outcome) ? outcome : granted(vmId, outcome, actor, ports);
  },
});
