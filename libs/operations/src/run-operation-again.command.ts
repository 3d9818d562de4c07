import { asked, defineCommand } from '@drover/kernel';
import { VerbInput, type KnownOperation, type OperationVerbs } from './operation-verbs.js';
import { permittedVerb } from './permitted-verb.js';
import type { ReadingPorts } from './reading.js';

/** Asks the capability to do again what an operation was to do. */
export const runOperationAgain = <Ports extends ReadingPorts, Known extends KnownOperation>(
  of: OperationVerbs<Ports, Known>,
) => {
  const name = 'operation.run-again';
  return defineCommand({
    name,
    input: VerbInput,
    needs: () => asked(of.needs),
    handle: permittedVerb(of, name, of.runAgain),
  });
};
