// One operation, read from the stream of its owner, so that whoever asked for it sees it at once. Never: a view, which may
// lag behind.
import { asked, defineQuery, OperationId } from '@drover/kernel';
import * as z from 'zod';
import { noSuchOperation, type OperationVerbs } from './operation-verbs.js';
import { readable } from './permitted-verb.js';
import type { ReadingPorts } from './reading.js';

/** Reads an operation, as the actor may see it. */
export const getOperation = <Ports extends ReadingPorts>(of: Pick<OperationVerbs<Ports>, 'read'>) =>
  defineQuery({
    name: 'operation.get',
    input: z.strictObject({ id: OperationId.schema }),
    needs: () => asked(['vm:read']),
    handle: async ({ id }, actor, ports: Ports) => (await readable(of, id, actor, ports)) ?? noSuchOperation(),
  });
