// The same request once more, as an operation of its own. Never: what was done already done again.
import { hasEnded, type Operation } from '@drover/contracts';
import { BulkId, isRejection, reject, VmId, type Actor } from '@drover/kernel';
import type { VerbInput } from '@drover/operations';
import { contextOf } from '@drover/ports';
import { bulkStream } from '../../domain/bulk.decider.js';
import { deniedIn } from '../bulk/denied-items.js';
import { acceptedBulk } from '../bulk/accepted-bulk.js';
import { requestPower } from '../requests/request-power.js';
import type { PermittedOperation, VerbPorts } from './permitted-operation.js';

/** The machines of a bulk that it was not done to, each once. */
const left = ({ items }: Operation) => {
  const done = (items ?? []).filter(({ state }) => state === 'succeeded').map(({ target }) => target.id);
  const ids = new Set((items ?? []).map(({ target }) => target.id).filter((id) => !done.includes(id)));
  return [...ids].map((id) => VmId.parse(id));
};

/** The same request anew, as its own operation; with the rules of the first time. Of a bulk: for the items that failed. */
export const runAgain = async (
  { operation, template }: PermittedOperation,
  input: VerbInput,
  actor: Actor,
  ports: VerbPorts,
) => {
  if (!hasEnded(operation) || operation.state === 'succeeded')
    return reject('wrong_state', 'Only what ended without success is run again. Nothing was done.');
  if (operation.kind === 'bulk.start') {
    const targetIds = left(operation);
    if (targetIds.length === 0) return reject('wrong_state', 'It was done to each of its machines. Nothing was done.');
    const bulkId = BulkId.ofRequest(actor.commandId ?? actor.requestId, ports.eventStore.run);
    const request = { ...template, targetIds };
    const start = { type: 'Start', request, denied: await deniedIn(request, actor, ports) } as const;
    const outcome = await ports.bulks.transact(bulkStream(bulkId), start, contextOf(actor, input, ports.clock.now()));
    return isRejection(outcome) ? outcome : acceptedBulk(bulkId, outcome, actor, ports);
  }
  return requestPower({ vmId: VmId.parse(operation.target.id), template, input }, actor, ports);
};
