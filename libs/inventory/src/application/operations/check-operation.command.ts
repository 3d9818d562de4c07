import * as z from 'zod';
import { defineCommand, isRejection, OperationId, reject } from '@drover/kernel';
import { operationAt, type OperationPorts } from './get-operation.query.js';

/** What came of a listing is never in doubt, so there is nothing to look for again. */
export const checkOperation = defineCommand({
  name: 'operation.check',
  input: z.strictObject({ id: OperationId.schema }),
  needs: () => ['vm:operate'],
  async handle({ id }, _actor, ports: OperationPorts) {
    const operation = await operationAt(id, ports);
    if (isRejection(operation)) return operation;
    return reject('wrong_state', 'What came of it is not in doubt. Nothing was done.', { see: id });
  },
});
