import * as z from 'zod';
import { hasEnded } from '@drover/contracts';
import { defineCommand, isRejection, OperationId, reject } from '@drover/kernel';
import { operationAt, type OperationPorts } from './get-operation.query.js';

/** A listing changes nothing at the provider and ends by itself, so there is nothing to stop. */
export const cancelOperation = defineCommand({
  name: 'operation.cancel',
  input: z.strictObject({ id: OperationId.schema }),
  needs: () => ['vm:operate'],
  async handle({ id }, _actor, ports: OperationPorts) {
    const operation = await operationAt(id, ports);
    if (isRejection(operation)) return operation;
    const because = hasEnded(operation) ? 'It has ended.' : 'A listing cannot be stopped; it changes nothing.';
    return reject('not_cancellable', because, { see: id });
  },
});
