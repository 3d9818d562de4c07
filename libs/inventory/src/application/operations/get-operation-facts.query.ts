import { PageQuery } from '@drover/contracts';
import { defineQuery, OperationId, StreamId } from '@drover/kernel';
import { operationFacts } from '@drover/ports';
import { inventorySpeech } from '../inventory.published.js';
import type { OperationPorts } from './get-operation.query.js';

/** Every fact of an operation, oldest first, internal ones included. */
export const getOperationFacts = defineQuery({
  name: 'operation.facts',
  input: PageQuery.extend({ id: OperationId.schema }),
  needs: () => ['vm:read'],
  async handle({ id, ...page }, _actor, { connections }: OperationPorts) {
    const stream = OperationId.stream(id);
    const commits = StreamId.category(stream) === 'connection' ? await connections.commits(stream) : [];
    return operationFacts(id, commits, inventorySpeech, page);
  },
});
