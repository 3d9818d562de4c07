// Records what policies found out about a connection, through its decider. Never: an error because it does not apply any
// more.
import { isRejection, policyActor, type ConnectionId, type ConnectionTarget } from '@drover/kernel';
import { contextOf } from '@drover/ports';
import type { ConnectionCommand } from '../../domain/connection.decider.js';
import { connectionStream, SIGN_IN_FAILED, type KnownConnection } from '../../domain/connection.js';
import type { DiscoveryPorts } from './discovery-ports.js';
import { REFRESH } from './listing-schedule.js';

/** What an adapter needs to reach a connection. */
export const targetOf = (id: ConnectionId, { settings, revision }: KnownConnection): ConnectionTarget => {
  const { kind, url, credentialRef, tls, allow } = settings;
  return { id, kind, url, credentialRef, tls, allow, revision };
};

/** Records something of a connection. What does not apply any more is refused by the decider, and that is well. */
export const recordOf = async (
  { connections, clock }: Pick<DiscoveryPorts, 'connections' | 'clock'>,
  policy: string,
  id: ConnectionId,
  command: ConnectionCommand,
) => {
  const stream = connectionStream(id);
  const context = contextOf(policyActor(policy, stream), null, clock.now());
  const outcome = await connections.transact(stream, command, context);
  return isRejection(outcome) ? null : outcome.after.state;
};

/**
 * A listing failed, whoever asked for it: the connection says so until the next one succeeds. A sign-in that was refused
 * blocks it.
 */
export const failDiscovery = async (
  ports: Pick<DiscoveryPorts, 'connections' | 'clock' | 'runtime'>,
  id: ConnectionId,
  { revision, code, detail }: { readonly revision: number; readonly code: string; readonly detail: string },
) => {
  if (code === SIGN_IN_FAILED)
    return void (await recordOf(ports, REFRESH, id, { type: 'RefuseSignIn', service: 'inventory', revision }));
  const after = await recordOf(ports, REFRESH, id, { type: 'FailDiscovery', revision, code, detail });
  // One that is down for another reason keeps that one's words.
  if (after?.is === 'known' && after.state === 'degraded' && after.code === code) ports.runtime.detail.set(id, detail);
};
