import { hasEnded } from '@drover/contracts';
import { ConnectionId, OperationId, reject, StreamId } from '@drover/kernel';
import { noSuchOperation, operationUseCases, type KnownOperation } from '@drover/operations';
import type { ChangeConnectionPorts } from '../connections/change-connection.js';
import { requestRefresh } from '../connections/refresh-connection.command.js';
import { inventorySpeech } from '../inventory.published.js';
import { commitsAround, operationAt } from './read-operation.js';

const certain = async ({ operation }: KnownOperation) =>
  reject('wrong_state', 'What came of it is not in doubt. Nothing was done.', { see: operation.id });

/**
 * What can be asked about refreshes, and done with them. A listing changes nothing at the provider, ends by itself and
 * leaves nothing in doubt: there is nothing to cancel, to check or to mark.
 */
export const refreshUseCases = operationUseCases<ChangeConnectionPorts, KnownOperation>({
  ...{ speech: inventorySpeech, needs: ['vm:operate'], read: operationAt, commits: commitsAround },
  permitted: async (id, _verb, _actor, ports) => {
    const operation = await operationAt(id, ports);
    return operation ? { operation } : noSuchOperation();
  },
  cancel: async ({ operation }) => {
    const because = hasEnded(operation) ? 'It has ended.' : 'A listing cannot be stopped; it changes nothing.';
    return reject('not_cancellable', because, { see: operation.id });
  },
  check: certain,
  mark: certain,
  /** Another refresh of the same connection. */
  runAgain: ({ operation: { id } }, _input, actor, ports) => {
    const connectionId = ConnectionId.parse(StreamId.key('connection', OperationId.stream(id)));
    return requestRefresh(connectionId, { id }, actor, ports);
  },
});
