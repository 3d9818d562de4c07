import * as z from 'zod';
import {
  ConnectionId,
  defineCommand,
  Instant,
  isRejection,
  ofConnection,
  OperationId,
  type Actor,
} from '@drover/kernel';
import { noSuchOperation } from '@drover/operations';
import { REFRESH_SECONDS, refreshOperation } from '../../domain/connection.js';
import { operationAt } from '../operations/read-operation.js';
import { changeConnection, type ChangeConnectionPorts } from './change-connection.js';

/** Records the request and answers with the operation; while one runs, with that one. */
export const requestRefresh = async (id: ConnectionId, input: unknown, actor: Actor, ports: ChangeConnectionPorts) => {
  const deadline = Instant.plusSeconds(ports.clock.now(), REFRESH_SECONDS);
  const spent = OperationId.spent(ports.eventStore.run);
  const outcome = await changeConnection(id, { type: 'RequestRefresh', deadline, spent }, input, actor, ports);
  if (isRejection(outcome)) return outcome;
  const { facts, after, replayed, more } = outcome;
  const requested = facts.find((fact) => fact.type === 'ConnectionRefreshRequested');
  const running = after.state.is === 'known' ? after.state.refresh.op : 0;
  const operation = await operationAt(refreshOperation(id, requested?.op ?? running), ports, more);
  return operation ? { operation, replayed } : noSuchOperation();
};

/** Asks for the machines of a connection to be listed now. It lists nothing: `connection-refresh.policy.ts` does. */
export const refreshConnection = defineCommand({
  name: 'connection.refresh',
  input: z.strictObject({ id: ConnectionId.schema }),
  needs: ({ id }) => ofConnection(id, ['vm:operate']),
  handle: (input, actor, ports: ChangeConnectionPorts) => requestRefresh(input.id, input, actor, ports),
});
