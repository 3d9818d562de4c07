import { hasEnded, type Operation } from '@drover/contracts';
import { defineQuery, Instant, OperationId } from '@drover/kernel';
import { readUntil, type WaitPorts } from '@drover/ports';
import * as z from 'zod';
import { noSuchOperation, readOperation, type OperationPorts } from './get-operation.query.js';

/** An operation at the moment its older client is answered. `late`: its time-out is over and it has not ended yet. */
export interface SourceEnd {
  readonly operation: Operation;
  readonly late: boolean;
}

/** For a last look that takes a second at most, and its record; one that takes longer is not waited for. */
const MARGIN_SECONDS = 2;

const seconds = ({ requestedAt, deadline }: Operation) =>
  MARGIN_SECONDS + (deadline === null ? 0 : Instant.wholeSeconds(requestedAt, deadline));

/** Waits as older clients do: until the operation has ended, or its own time-out is over, or the process stops. */
export const sourceEnd = defineQuery({
  name: 'power.source-end',
  input: z.strictObject({ id: OperationId.schema }),
  needs: () => [], // whoever asked for the operation waits for it
  async handle({ id }, _actor, ports: OperationPorts & WaitPorts) {
    const asked = await readOperation(id, ports);
    if (!asked) return noSuchOperation();
    const operation = await readUntil(
      { stream: OperationId.stream(id), seconds: seconds(asked) },
      async () => (await readOperation(id, ports)) ?? asked,
      hasEnded,
      ports,
    );
    return { operation, late: !hasEnded(operation) && !ports.stopping.aborted } satisfies SourceEnd;
  },
});
