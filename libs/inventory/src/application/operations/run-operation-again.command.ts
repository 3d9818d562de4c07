import * as z from 'zod';
import { ConnectionId, defineCommand, isRejection, OperationId, StreamId } from '@drover/kernel';
import { operationAt } from './get-operation.query.js';
import type { ChangeConnectionPorts } from '../connections/change-connection.js';
import { requestRefresh } from '../connections/refresh-connection.command.js';

/** The same request anew: another refresh of the same connection. */
export const runOperationAgain = defineCommand({
  name: 'operation.run-again',
  input: z.strictObject({ id: OperationId.schema }),
  needs: () => ['vm:operate'],
  async handle(input, actor, ports: ChangeConnectionPorts) {
    const operation = await operationAt(input.id, ports);
    if (isRejection(operation)) return operation;
    const connectionId = ConnectionId.parse(StreamId.key('connection', OperationId.stream(input.id)));
    return requestRefresh(connectionId, input, actor, ports);
  },
});
