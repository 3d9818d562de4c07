import { MarkBody } from '@drover/contracts';
import { defineCommand, isRejection, OperationId, reject } from '@drover/kernel';
import { operationAt, type OperationPorts } from './get-operation.query.js';

/** What came of a listing is never in doubt, so there is nothing for a person to say of it. */
export const markOperation = defineCommand({
  name: 'operation.mark',
  input: MarkBody.extend({ id: OperationId.schema }),
  needs: () => ['vm:operate'],
  async handle({ id }, _actor, ports: OperationPorts) {
    const operation = await operationAt(id, ports);
    if (isRejection(operation)) return operation;
    return reject('wrong_state', 'What came of it is not in doubt. Nothing was done.', { see: id });
  },
});
