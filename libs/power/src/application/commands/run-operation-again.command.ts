import { ReasonBody } from '@drover/contracts';
import { defineCommand, isRejection, OperationId, reject } from '@drover/kernel';
import * as z from 'zod';
import { permitted } from '../queries/wish-of-operation.query.js';
import type { AskPorts } from './ask-power.command.js';
import type { EndPorts } from './end-operation.command.js';
import { powerOffVm } from './power-off-vm.command.js';
import { powerOnVm } from './power-on-vm.command.js';
import { restartVm } from './restart-vm.command.js';
import { startBulk } from './start-bulk.command.js';

/** The same wish anew, as its own operation; with the rules of the first time. Of a bulk: for the items that failed. */
export const runOperationAgain = defineCommand({
  name: 'operation.run-again',
  input: z.strictObject({ id: OperationId.schema, ...ReasonBody.shape }),
  needs: () => [], // the right of the operation's own verb, which only its stream knows
  async handle({ id, reason }, actor, ports: EndPorts & AskPorts) {
    const known = await permitted(id, 'operation.run-again', actor, ports);
    if (isRejection(known)) return known;
    const { operation, wished } = known;
    if (!['failed', 'expired', 'cancelled', 'unknown'].includes(operation.state))
      return reject('wrong_state', 'Only what ended without success is run again. Nothing was done.');
    const why = reason === undefined ? {} : { reason };
    switch (wished.kind) {
      case 'vm.power-off': {
        const { vmId, mode, timeoutSeconds } = wished;
        return powerOffVm.handle({ vmId, mode, timeoutSeconds, ...why }, actor, ports);
      }
      case 'vm.restart': {
        const { vmId, mode, timeoutSeconds } = wished;
        return restartVm.handle({ vmId, mode, timeoutSeconds, ...why }, actor, ports);
      }
      case 'vm.power-on': {
        const { vmId, waitForTools, timeoutSeconds } = wished;
        return powerOnVm.handle({ vmId, waitForTools, timeoutSeconds, ...why }, actor, ports);
      }
      case 'bulk.start': {
        const { action, mode, timeoutSeconds, waitForTools, targetIds } = wished.wish;
        const targets = targetIds.filter(
          (vmId, i) => targetIds.indexOf(vmId) === i && operation.items?.[i]?.state !== 'succeeded',
        );
        const again = { targets, confirm: targets.length, timeoutSeconds, ...why };
        return action === 'power-on'
          ? startBulk.handle({ action, ...again, waitForTools }, actor, ports)
          : startBulk.handle({ action, ...again, mode: mode ?? 'soft' }, actor, ports);
      }
    }
  },
});
