// Asks the policy for one more look. Never: the look itself, or one for an operation after which another one acted.
import { OperationId, reject, VmId, type Actor } from '@drover/kernel';
import type { PermittedOperation, VerbPorts } from './permitted-operation.js';

/**
 * Asks for another look at an outcome that is unknown. The look itself is `check.policy.ts`'s, which records what it
 * finds; that somebody asked for it is no fact of the machine, so it stands in the audit.
 */
export const check = async ({ operation }: PermittedOperation, actor: Actor, ports: VerbPorts) => {
  const { id } = operation;
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
};
