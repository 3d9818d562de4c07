// Which connections are configured, all together: by it others know that they were told of each, also where there is none.
// Never: a setting of one connection; those stand in its own stream.
import { assertNever, StreamId, type ConnectionId, type Decider } from '@drover/kernel';
import type { ConnectionSetFact } from './connection-set.events.js';

/** Says which connections there are. */
export type ConfigureAll = { readonly type: 'ConfigureAll'; readonly connectionIds: readonly ConnectionId[] };

/** The connections that were configured last, in the order of their ids; or nobody said yet which. */
export type ConnectionSet =
  { readonly is: 'unsaid' } | { readonly is: 'said'; readonly connectionIds: readonly ConnectionId[] };

/** Where it is kept: one stream, whichever process starts. */
export const CONNECTION_SET = StreamId.of('connections', 'configured');

const isSame = (set: ConnectionSet, ids: readonly ConnectionId[]) => {
  switch (set.is) {
    case 'unsaid':
      return false;
    case 'said':
      return set.connectionIds.length === ids.length && ids.every((id, at) => set.connectionIds[at] === id);
    default:
      return assertNever(set);
  }
};

/** The rules of that stream: what is said again is no event. */
export const connectionSetDecider: Decider<ConfigureAll, ConnectionSetFact, ConnectionSet, never> = {
  initial: { is: 'unsaid' },
  evolve(_, fact) {
    switch (fact.type) {
      case 'ConnectionsConfigured':
        return { is: 'said', connectionIds: fact.connectionIds };
      default:
        return assertNever(fact.type);
    }
  },
  decide(command, set) {
    switch (command.type) {
      case 'ConfigureAll': {
        const connectionIds = [...new Set(command.connectionIds)].sort();
        return isSame(set, connectionIds) ? [] : [{ type: 'ConnectionsConfigured', connectionIds }];
      }
      default:
        return assertNever(command.type);
    }
  },
};
