import { PageQuery } from '@drover/contracts';
import { defineQuery, OperationId, StreamId } from '@drover/kernel';
import { operationFacts, type Commit } from '@drover/ports';
import { powerSpeech } from '../power.published.js';
import { commitsOf, type OperationPorts } from './read-operation.js';

/** The commits that an operation is in: those of its machine from the request on, or those of its bulk. */
const aroundOf = async (id: OperationId, ports: OperationPorts): Promise<readonly Commit[]> => {
  const stream = OperationId.stream(id);
  switch (StreamId.category(stream)) {
    case 'power':
      return (await commitsOf(id, ports)).commits;
    case 'bulk':
      return ports.bulks.commits(stream);
    default:
      return []; // an id may name a stream that holds no operations
  }
};

/** Every fact of an operation, oldest first, internal ones included. */
export const getOperationFacts = defineQuery({
  name: 'operation.facts',
  input: PageQuery.extend({ id: OperationId.schema }),
  needs: () => ['vm:read'],
  handle: async ({ id, ...page }, _actor, ports: OperationPorts) =>
    operationFacts(id, await aroundOf(id, ports), powerSpeech, page),
});
