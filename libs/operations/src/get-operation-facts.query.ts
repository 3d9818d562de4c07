// All events of an operation, read from the stream of its owner. Never: an event of an operation that the actor may not
// read; it is answered like one that is not there.
import { PageQuery } from '@drover/contracts';
import { asked, defineQuery, OperationId, type Actor } from '@drover/kernel';
import { operationFacts } from '@drover/ports';
import { noSuchOperation, type OperationVerbs } from './operation-verbs.js';
import { readable } from './permitted-verb.js';
import type { ReadingPorts } from './reading.js';

/** Reads every event of an operation, oldest first, internal ones included. */
export const getOperationFacts = <Ports extends ReadingPorts>(
  of: Pick<OperationVerbs<Ports>, 'read' | 'commits' | 'mapping'>,
) => {
  /** Of what somebody may not read it is said that it is not there; null when they may, or it is not. */
  const outOfReach = async (id: OperationId, actor: Actor, ports: Ports) =>
    actor.limits && !(await readable(of, id, actor, ports)) ? noSuchOperation() : null;
  return defineQuery({
    name: 'operation.facts',
    input: PageQuery.extend({ id: OperationId.schema }),
    needs: () => asked(['vm:read']),
    handle: async ({ id, ...page }, actor, ports: Ports) =>
      (await outOfReach(id, actor, ports)) ?? operationFacts(id, await of.commits(id, ports), of.mapping, page),
  });
};
