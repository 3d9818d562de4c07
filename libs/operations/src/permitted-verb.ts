// Who may read an operation, and who may act on it, before its capability is asked. Never: an answer about an operation that
// whoever asks may not read; it is not there for them. Rights of one operation are asked by `permitted`, before the verb is.
import type { Operation } from '@drover/contracts';
import { isRejection, type Actor, type OperationId } from '@drover/kernel';
import { noSuchOperation, type KnownOperation, type OperationVerbs, type VerbResult } from './operation-verbs.js';
import { asReadBy, readsOperation, type ReadingPorts } from './reading.js';

/** The operation, for somebody who may read of it; null for anybody else, and when there is none. */
export const readable = async <Ports extends ReadingPorts>(
  of: Pick<OperationVerbs<Ports>, 'read'>,
  id: OperationId,
  actor: Actor,
  ports: Ports,
): Promise<Operation | null> => {
  const operation = await of.read(id, ports);
  if (!operation || !(await readsOperation(operation, actor, ports.groupsOf))) return null;
  return asReadBy(operation, actor, ports.groupsOf);
};

/** Handles a verb: does it to an operation that the actor may read and act on. */
export const permittedVerb =
  <Ports extends ReadingPorts, Known extends KnownOperation, Input extends { readonly id: OperationId }>(
    of: Pick<OperationVerbs<Ports, Known>, 'read' | 'permitted'>,
    verb: string,
    run: (known: Known, input: Input, actor: Actor, ports: Ports) => VerbResult,
  ) =>
  async (input: Input, actor: Actor, ports: Ports): VerbResult => {
    if (!(await readable(of, input.id, actor, ports))) return noSuchOperation();
    const known = await of.permitted(input.id, verb, actor, ports);
    return isRejection(known) ? known : run(known, input, actor, ports);
  };
