import { asked, defineCommand } from '@drover/kernel';
import { VerbInput, type KnownOperation, type OperationVerbs } from './operation-verbs.js';
import { permittedVerb } from './permitted-verb.js';
import type { ReadingPorts } from './reading.js';

/** Asks the capability to cancel an operation. */
export const cancelOperation = <Ports extends ReadingPorts, Known extends KnownOperation>(
  of: OperationVerbs<Ports, Known>,
) => {
  const name = 'operation.cancel';
  return defineCommand({
    name,
    input: VerbInput,
    needs: () => asked(of.needs),
    handle: permittedVerb(of, name, (known, _: VerbInput, actor, ports) => of.cancel(known, actor, ports)),
  });
};
