// Tries the way to a provider step by step, for somebody who asks. It changes nothing there; that it was done is audited,
// and a refused sign-in is recorded. Never: a sign-in that was refused before tried again.
import * as z from 'zod';
import { ConnectionId, defineQuery, noSuchConnection, ofConnection, reject, type Actor } from '@drover/kernel';
import { contextOf, type Audit, type Clock, type MachineCatalog, type StreamsOf } from '@drover/ports';
import type { connectionDecider } from '../../domain/connection.decider.js';
import { connectionStream, isUsable, SIGN_IN_FAILED, whyUnusable } from '../../domain/connection.js';
import { targetOf } from '../discovery/record-connection.js';

const LIMIT_MS = 30_000;

/** What a test may touch: it is a question to the provider, so it is no command. */
export interface TestPorts {
  readonly connections: StreamsOf<typeof connectionDecider>;
  readonly catalog: MachineCatalog;
  readonly audit: Audit;
  readonly clock: Clock;
  readonly stopping: AbortSignal;
}

/** A sign-in that was refused is a fact of the connection, whoever tried it. */
const refused = async (id: ConnectionId, revision: number, actor: Actor, { connections, clock }: TestPorts) => {
  const { commandId: _, fingerprint: _hash, ...asker } = actor;
  const command = { type: 'RefuseSignIn', service: 'inventory', revision } as const;
  await connections.transact(connectionStream(id), command, contextOf(asker, null, clock.now()));
};

/** Tries each step on the way to the provider and records that somebody did. A blocked connection is not tried. */
export const testConnection = defineQuery({
  name: 'connection.test',
  input: z.strictObject({ id: ConnectionId.schema }),
  needs: ({ id }) => ofConnection(id, ['connection:admin']),
  async handle({ id }, actor, ports: TestPorts) {
    const { connections, catalog, audit, clock, stopping } = ports;
    const { state } = await connections.load(connectionStream(id));
    if (state.is === 'unknown') return noSuchConnection();
    if (!isUsable(state))
      return reject('connection_blocked', `${whyUnusable(state)} Nothing was asked of the provider.`);
    await audit.record({ type: 'AuditActionRecorded', command: 'connection.test', target: id }, actor);
    const late = new AbortController();
    const cancel = clock.after(LIMIT_MS, () => late.abort(new Error('time is up')));
    const probes = await catalog.test(targetOf(id, state), AbortSignal.any([late.signal, stopping])).finally(cancel);
    if (probes.some(({ code }) => code === SIGN_IN_FAILED)) await refused(id, state.revision, actor, ports);
    return probes;
  },
});
