import { hasEnded } from '@drover/contracts';
import { defineQuery, OperationId } from '@drover/kernel';
import { readUntil, type WaitPorts } from '@drover/ports';
import * as z from 'zod';
import { noSuchOperation, readOperation, type OperationPorts } from './read-operation.js';

/** Holds the answer until the operation has ended, the seconds are over or the process stops; says how it stands. */
export const waitForOperation = defineQuery({
  name: 'operation.wait',
  input: z.strictObject({
    id: OperationId.schema,
    seconds: z.number().min(0),
    /** Look again at an outcome that is unknown. */
    settled: z.boolean().default(false),
  }),
  needs: () => [], // whoever asked for the operation waits for it
  async handle({ id, seconds, settled }, _actor, ports: OperationPorts & WaitPorts) {
    const operation = await readUntil(
      { stream: OperationId.stream(id), seconds },
      () => readOperation(id, ports),
      (read) => read === null || (settled ? read.state !== 'unknown' : hasEnded(read)),
      ports,
    );
    return operation ?? noSuchOperation();
  },
});
