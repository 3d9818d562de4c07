import { isRejection, type Actor, type BulkId, type VmId } from '@drover/kernel';
import { contextOf } from '@drover/ports';
import { powerStream } from '../../domain/power.js';
import { requestAt, type RequestTemplate } from '../../domain/request-template.js';
import { granted } from './accepted-operation.js';
import { ifMatched, preconditionsOf, type RequestPorts } from './preconditions.js';

/** One machine, and what is asked of it. `input`: what a repeat of the request is known by. */
export interface AskedOfOne {
  readonly vmId: VmId;
  readonly confirmName?: string;
  readonly asking: RequestTemplate;
  readonly input: unknown;
  readonly bulkId?: BulkId;
}

/**
 * The way of every request for one machine: what stands against it is looked up, the decider grants it, its fact is
 * appended, the answer is the operation. Nothing is read or switched here: `power.policy.ts` acts on the fact.
 */
export const requestPower = async (asked: AskedOfOne, actor: Actor, ports: RequestPorts) => {
  const { vmId, asking, input, bulkId = null } = asked;
  const preconditions = await preconditionsOf(asked, actor, ports);
  if (isRejection(preconditions)) return preconditions;
  const { at } = preconditions;
  const outcome = await ports.powers.transact(
    powerStream(vmId),
    { type: 'RequestPower', ...preconditions, ...requestAt(asking, at), bulkId },
    ifMatched(contextOf(actor, input, at), actor),
  );
  return isRejection(outcome) ? outcome : granted(vmId, outcome, actor, ports);
};
