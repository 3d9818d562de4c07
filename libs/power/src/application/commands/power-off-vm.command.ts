import { PowerOffBody } from '@drover/contracts';
import { defineCommand, Instant, isRejection, VmId } from '@drover/kernel';
import { wishOf } from '@drover/ports';
import * as z from 'zod';
import { powerStream } from '../../domain/power.js';
import { gracefulUntil, rightsFor } from '../../domain/wish.js';
import { granted } from '../queries/asked.query.js';
import { ifMatched, standingOf, type AskPorts } from '../queries/standing.query.js';

/**
 * Asks for a machine to be powered off, and answers with the operation.
 * Nothing is read or switched here: this records the wish, `power.policy.ts` acts on it.
 */
export const powerOffVm = defineCommand({
  name: 'vm.power-off',
  input: z.strictObject({ vmId: VmId.schema, ...PowerOffBody.shape }),
  needs: ({ mode }) => rightsFor(mode),
  async handle(input, actor, ports: AskPorts) {
    const { vmId, mode, timeoutSeconds } = input;
    const standing = await standingOf(input, actor, ports);
    if (isRejection(standing)) return standing;
    const { at } = standing;
    const wish = { kind: 'power-off', mode, gracefulUntil: gracefulUntil(mode, at, timeoutSeconds) } as const;
    const outcome = await ports.powers.transact(
      powerStream(vmId),
      { type: 'Ask', ...standing, wish, deadline: Instant.plusSeconds(at, timeoutSeconds), bulkId: null },
      ifMatched(wishOf(actor, input, at), actor),
    );
    return isRejection(outcome) ? outcome : granted(vmId, outcome, actor, ports);
  },
});
