import * as z from 'zod';
import { ConnectionId, defineCommand, isRejection, noSuchConnection, ofConnection } from '@drover/kernel';
import { connectionStream } from '../../domain/connection.js';
import type { RuntimeState } from '../discovery/runtime-state.js';
import { connectionShown, rowFrom } from './get-connection.query.js';
import { changeConnection, type ChangeConnectionPorts } from './change-connection.js';

/** Allows one more sign-in after a refused one. The revision grows, so that every adapter knows that it is another. */
export const resetConnection = defineCommand({
  name: 'connection.reset',
  input: z.strictObject({ id: ConnectionId.schema }),
  needs: ({ id }) => ofConnection(id, ['connection:admin']),
  async handle(input, actor, ports: ChangeConnectionPorts & { readonly runtime: RuntimeState }) {
    const outcome = await changeConnection(input.id, { type: 'ResetSignIn' }, input, actor, ports);
    if (isRejection(outcome)) return outcome;
    const row = rowFrom([...(await ports.connections.commits(connectionStream(input.id))), ...outcome.more]);
    return row ? connectionShown(row, ports.runtime) : noSuchConnection();
  },
});
