// One operation, answered when it has ended or the time is over. Never: a look by the clock; an append to its stream wakes
// whoever waits.
import { hasEnded } from '@drover/contracts';
import { defineQuery, OperationId } from '@drover/kernel';
import { readUntil, type WaitPorts } from '@drover/ports';
import * as z from 'zod';
import { noSuchOperation, type OperationVerbs } from './operation-verbs.js';
import { asReadBy, type ReadingPorts } from './reading.js';

/** Holds the answer until the operation has ended, the seconds are over or the process stops. */
export const waitForOperation = <Ports extends ReadingPorts>(of: Pick<OperationVerbs<Ports>, 'read'>) =>
  defineQuery({
    name: 'operation.wait',
    input: z.strictObject({
      id: OperationId.schema,
      seconds: z.number().min(0),
      /** Look again at an outcome that is unknown. */
      settled: z.boolean().exactOptional(),
    }),
    needs: () => [], // whoever asked for the operation waits for it
    async handle({ id, seconds, settled = false }, actor, ports: Ports & WaitPorts) {
      const operation = await readUntil(
        { stream: OperationId.stream(id), seconds },
        () => of.read(id, ports),
        (read) => read === null || (settled ? read.state !== 'unknown' : hasEnded(read)),
        ports,
      );
      return operation ? asReadBy(operation, actor, ports.groupsOf) : noSuchOperation();
    },
  });
