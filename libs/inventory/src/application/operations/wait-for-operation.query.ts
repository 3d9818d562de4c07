import * as z from 'zod';
import { hasEnded } from '@drover/contracts';
import { defineQuery, isRejection, OperationId } from '@drover/kernel';
import { readUntil, type WaitPorts } from '@drover/ports';
import { operationAt, type OperationPorts } from './get-operation.query.js';

/** Holds the answer until the operation has ended, the seconds are over or the process stops; says how it stands. */
export const waitForOperation = defineQuery({
  name: 'operation.wait',
  input: z.strictObject({ id: OperationId.schema, seconds: z.number().min(0) }),
  needs: () => [], // whoever asked for the operation waits for it
  handle: ({ id, seconds }, _actor, ports: OperationPorts & WaitPorts) =>
    readUntil(
      { stream: OperationId.stream(id), seconds },
      () => operationAt(id, ports),
      (read) => isRejection(read) || hasEnded(read),
      ports,
    ),
});
