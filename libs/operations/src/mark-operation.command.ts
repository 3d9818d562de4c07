import { MarkBody } from '@drover/contracts';
import { asked, defineCommand, OperationId } from '@drover/kernel';
import * as z from 'zod';
import type { KnownOperation, OperationVerbs } from './operation-verbs.js';
import { permittedVerb } from './permitted-verb.js';
import type { ReadingPorts } from './reading.js';

const input = z.strictObject({ id: OperationId.schema, ...MarkBody.shape });

/** Records what a person says of an outcome that is unknown. */
export const markOperation = <Ports extends ReadingPorts, Known extends KnownOperation>(
  of: OperationVerbs<Ports, Known>,
) => {
  const name = 'operation.mark';
  return defineCommand({
    name,
    input,
    needs: () => asked(of.needs),
    handle: permittedVerb(of, name, (known, { id: _, ...said }: z.output<typeof input>, actor, ports) =>
      of.mark(known, said, actor, ports),
    ),
  });
};
