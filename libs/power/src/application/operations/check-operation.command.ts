import { ReasonBody } from '@drover/contracts';
import { defineCommand, isRejection, OperationId, reject, VmId } from '@drover/kernel';
import type { Audit, JobQueue } from '@drover/ports';
import * as z from 'zod';
import { permitted, type PermittedPorts } from './permitted-operation.js';

/** What asking for another look takes. */
export interface CheckPorts extends PermittedPorts {
  readonly jobs: JobQueue;
  readonly audit: Audit;
}

/**
 * Asks for another look at an outcome that is unknown. The look itself is `check.policy.ts`'s, which records what it
 * finds; that somebody asked for it is no fact of the machine, so it stands in the audit.
 */
export const checkOperation = defineCommand({
  name: 'operation.check',
  input: z.strictObject({ id: OperationId.schema, ...ReasonBody.shape }),
  needs: () => [], // the right of the operation's own verb, which only its stream knows
  async handle({ id }, actor, ports: CheckPorts) {
    const known = await permitted(id, 'operation.check', actor, ports);
    if (isRejection(known)) return known;
    const { operation } = known;
    if (operation.state !== 'unknown')
      // a bulk never is: its items are
      return reject('wrong_state', 'Only an outcome that is unknown can be checked. Nothing was done.');
    const { state } = await ports.powers.load(OperationId.stream(id));
    if (state.is === 'open' || !state.lastUnknown || state.op !== OperationId.ordinal(id))
      return reject(
        'wrong_state',
        'A later operation has acted on the machine, so a look says nothing of this one: mark it. Nothing was done.',
      );
    if (!actor.dryRun) {
      await ports.audit.record({ type: 'AuditActionRecorded', command: 'operation.check', target: id }, actor);
      ports.jobs.nudge('power-check', VmId.parse(operation.target.id));
    }
    return { operation, replayed: false };
  },
});
