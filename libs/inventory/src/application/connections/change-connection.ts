// The way of every request about one connection, from its condition to the append. Never: a question to the provider;
// policies ask.
import { connectionVersionIn, noEtag } from '@drover/contracts';
import { isRejection, type Actor, type ConnectionId } from '@drover/kernel';
import { contextOf, type Clock, type EventStore, type StreamsOf } from '@drover/ports';
import type { ConnectionCommand, connectionDecider } from '../../domain/connection.decider.js';
import { connectionStream } from '../../domain/connection.js';

/** What the requests about a connection may touch. No provider is within their reach. */
export interface ChangeConnectionPorts {
  readonly connections: StreamsOf<typeof connectionDecider>;
  readonly clock: Clock;
  readonly eventStore: Pick<EventStore, 'run'>;
}

/** The way of every request about one connection. `more`: what a dry run would have added to its stream. */
export const changeConnection = async (
  id: ConnectionId,
  command: ConnectionCommand,
  input: unknown,
  actor: Actor,
  { connections, clock }: ChangeConnectionPorts,
) => {
  const ifSequence = connectionVersionIn(actor.ifMatch);
  if (ifSequence === null) return noEtag('connection');
  const context = contextOf(actor, input, clock.now());
  const outcome = await connections.transact(connectionStream(id), command, {
    ...context,
    ...(ifSequence !== undefined && { ifSequence }),
  });
  if (isRejection(outcome)) return outcome;
  return { ...outcome, more: actor.dryRun && outcome.commit ? [outcome.commit] : [] };
};
