import { BulkPowerOffBody, BulkPowerOnBody, BulkRestartBody } from '@drover/contracts';
import { asked, BulkId, defineCommand, isRejection, reject } from '@drover/kernel';
import { contextOf } from '@drover/ports';
import * as z from 'zod';
import { bulkStream } from '../../domain/bulk.decider.js';
import type { BulkRequest } from '../../domain/bulk.events.js';
import { rightsFor } from '../../domain/power-request.js';
import { acceptedBulk } from './accepted-bulk.js';
import { deniedIn } from './denied-items.js';
import type { VerbPorts } from '../operations/permitted-operation.js';
import { secondsOn } from '../requests/power-on-vm.command.js';

const CONFIRM_ABOVE = 50;

const input = z.discriminatedUnion('action', [
  z.strictObject({ action: z.literal('power-off'), ...BulkPowerOffBody.shape }),
  z.strictObject({ action: z.literal('power-on'), ...BulkPowerOnBody.shape }),
  z.strictObject({ action: z.literal('restart'), ...BulkRestartBody.shape }),
]);

const requestIn = (asked: z.output<typeof input>): BulkRequest => {
  const { action, targets: targetIds } = asked;
  if (asked.action !== 'power-on')
    return { action, mode: asked.mode, targetIds, timeoutSeconds: asked.timeoutSeconds, waitForTools: false };
  const { waitForTools, timeoutSeconds } = asked;
  return { action, mode: null, targetIds, timeoutSeconds: secondsOn(waitForTools, timeoutSeconds), waitForTools };
};

/** Asks for the same of many machines: one operation, whose items are the machines in the order they were named. */
export const startBulk = defineCommand({
  name: 'bulk.start',
  input,
  needs: (request) => asked(rightsFor(requestIn(request).mode)),
  async handle(input, actor, ports: VerbPorts) {
    const { targets, confirm } = input;
    if (confirm === undefined ? targets.length > CONFIRM_ABOVE : confirm !== targets.length)
      return reject('confirmation_required', `Say \`confirm: ${targets.length}\` to mean them all. Nothing was done.`, {
        pointer: '/confirm',
      });
    const request = requestIn(input);
    const id = BulkId.ofRequest(actor.commandId ?? actor.requestId, ports.eventStore.run);
    const outcome = await ports.bulks.transact(
      bulkStream(id),
      { type: 'Start', request, denied: await deniedIn(request, actor, ports) },
      contextOf(actor, input, ports.clock.now()),
    );
    return isRejection(outcome) ? outcome : acceptedBulk(id, outcome, actor, ports);
  },
});
