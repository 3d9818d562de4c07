import { defineQuery, OperationId } from '@drover/kernel';
import * as z from 'zod';
import { noSuchOperation, readOperation, type OperationPorts } from './read-operation.js';

/** One operation. */
export const getOperation = defineQuery({
  name: 'operation.get',
  input: z.strictObject({ id: OperationId.schema }),
  needs: () => ['vm:read'],
  handle: async ({ id }, _actor, ports: OperationPorts) => (await readOperation(id, ports)) ?? noSuchOperation(),
});
