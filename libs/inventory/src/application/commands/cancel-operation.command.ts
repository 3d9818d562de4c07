import * as z from 'zod';
import { defineCommand, isRejection, OperationId, reject } from '@drover/kernel';
import { operationAt, type OperationPorts } from '../queries/get-operation.query.js';

/** A listing changes nothing at the provider and ends by itself, so there is nothing to stop. */
export const cancelOperation = defineCommand({
  name: 'operation.cancel',
  input: z.strictObject({ id: OperationId.schema }),
  needs: () => ['vm:operate'],
  async handle({ id }, _actor, ports: OperationPorts) {
    const operation = await operationAt(id, ports);
    if (isRejection(operation)) return operation;
    const because = operation.endedAt === null ? 'A listing cannot be stopped; it changes nothing.' : 'It has ended.';
    return reject('not_cancellable', because, { see: id });
  },
});
