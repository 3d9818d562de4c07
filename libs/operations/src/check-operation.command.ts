import { asked, defineCommand } from '@drover/kernel';
import { VerbInput, type KnownOperation, type OperationVerbs } from './operation-verbs.js';
import { permittedVerb } from './permitted-verb.js';
import type { ReadingPorts } from './reading.js';

/** Asks the capability to look again at an outcome that is unknown. */
export const checkOperation = <Ports extends ReadingPorts, Known extends KnownOperation>(
  of: OperationVerbs<Ports, Known>,
) => {
  const name = 'operation.check';
  return defineCommand({
    name,
    input: VerbInput,
    needs: () => asked(of.needs),
    handle: permittedVerb(of, name, (known, _: VerbInput, actor, ports) => of.check(known, actor, ports)),
  });
};
