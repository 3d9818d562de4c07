// What inventory fills in for its operations, the refreshes of connections. Never: a verb that acts on a listing under way;
// it changes nothing at the provider and ends by itself.
import { hasEnded } from '@drover/contracts';
import {
  ConnectionId,
  ofConnection,
  OperationId,
  refusalOf,
  reject,
  StreamId,
  type JudgingPorts,
} from '@drover/kernel';
import { noSuchOperation, operationUseCases, type KnownOperation, type ReadingPorts } from '@drover/operations';
import type { ChangeConnectionPorts } from '../connections/change-connection.js';
import { requestRefresh } from '../connections/refresh-connection.command.js';
import { inventoryMapping } from '../inventory.published.js';
import { commitsAround, operationAt } from './read-operation.js';

const connectionIn = (id: OperationId) => ConnectionId.parse(StreamId.key('connection', OperationId.stream(id)));

/** What acting on a refresh takes. */
export interface RefreshOperationPorts extends ChangeConnectionPorts, ReadingPorts, JudgingPorts {}

const certain = async ({ operation }: KnownOperation) =>
  reject('wrong_state', 'What came of it is not in doubt. Nothing was done.', { see: operation.id });

/**
 * What can be asked about refreshes, and done with them. A listing changes nothing at the provider, ends by itself and
 * leaves nothing in doubt: there is nothing to cancel, to check or to mark.
 */
export const refreshUseCases = operationUseCases<RefreshOperationPorts, KnownOperation>({
  ...{ mapping: inventoryMapping, needs: ['vm:operate'], read: operationAt, commits: commitsAround },
  permitted: async (id, name, actor, ports) => {
    const operation = await operationAt(id, ports);
    if (!operation) return noSuchOperation();
    return (await refusalOf(name, ofConnection(connectionIn(id), ['vm:operate']), actor, ports)) ?? { operation };
  },
  cancel: async ({ operation }) => {
    const because = hasEnded(operation) ? 'It has ended.' : 'A listing cannot be stopped; it changes nothing.';
    return reject('not_cancellable', because, { see: operation.id });
  },
  check: certain,
  mark: certain,
  /** Another refresh of the same connection. */
  runAgain: ({ operation: { id } }, _input, actor, ports) => {
    return requestRefresh(connectionIn(id), { id }, actor, ports);
  },
});
