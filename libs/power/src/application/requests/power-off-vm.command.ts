import { PowerOffBody } from '@drover/contracts';
import { defineCommand, Instant, isRejection, VmId } from '@drover/kernel';
import { contextOf } from '@drover/ports';
import * as z from 'zod';
import { powerStream } from '../../domain/power.js';
import { gracefulUntil, rightsFor } from '../../domain/request-template.js';
import { granted } from './accepted-operation.js';
import { ifMatched, preconditionsOf, type RequestPorts } from './preconditions.js';

/**
 * Asks for a machine to be powered off, and answers with the operation.
 * Nothing is read or switched here: this records the request, `power.policy.ts` acts on it.
 */
export const powerOffVm = defineCommand({
  name: 'vm.power-off',
  input: z.strictObject({ vmId: VmId.schema, ...PowerOffBody.shape }),
  needs: ({ mode }) => rightsFor(mode),
  async handle(input, actor, ports: RequestPorts) {
    const { vmId, mode, timeoutSeconds } = input;
    const standing = await preconditionsOf(input, actor, ports);
    if (isRejection(standing)) return standing;
    const { at } = standing;
    const request = { kind: 'power-off', mode, gracefulUntil: gracefulUntil(mode, at, timeoutSeconds) } as const;
    const outcome = await ports.powers.transact(
      powerStream(vmId),
      { type: 'RequestPower', ...standing, request, deadline: Instant.plusSeconds(at, timeoutSeconds), bulkId: null },
      ifMatched(contextOf(actor, input, at), actor),
    );
    return isRejection(outcome) ? outcome : granted(vmId, outcome, actor, ports);
  },
});
