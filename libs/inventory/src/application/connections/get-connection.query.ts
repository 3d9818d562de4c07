// One connection as clients see it: the row of the view, with what is so in this process at this moment (a listing that
// runs, the provider's own words). Never: show those words where the sign-in was refused, or a secret; there is none in the
// row.
import * as z from 'zod';
import { problemInside, problemOf, type Connection, type Problem } from '@drover/contracts';
import { ConnectionId, defineQuery, isBlocked, noSuchConnection, ofConnection, reject } from '@drover/kernel';
import { storedFacts, type Commit, type View } from '@drover/ports';
import { SIGN_IN_FAILED } from '../../domain/connection.js';
import type { ConnectionFact } from '../../domain/connection.events.js';
import type { RuntimeState } from '../discovery/runtime-state.js';
import { connectionsView, type ConnectionRow } from './connections.projection.js';

/** What is asked about connections: their view, and what is so at this moment. */
export interface ConnectionReadPorts {
  readonly rows: View<ConnectionRow>;
  readonly runtime: RuntimeState;
}

const sentences: Readonly<Record<string, string>> = {
  provider_unreachable: 'The provider cannot be reached. It is tried again every few seconds.',
  certificate_refused: 'The certificate of the provider is not the one expected. It is tried again.',
  sign_in_failed: 'The provider refused the sign-in. Nobody tries again until the connection changes or is reset.',
  not_configured: 'The connection is no longer configured. Its machines stay as they were seen last.',
  secret_unusable: 'The secret of the connection cannot be read.',
  nothing_found: 'The provider shows nothing where machines were known. That is believed after 15 minutes.',
};

/** Why a connection is not up; the provider's own words where it had some. */
const reasonOf = ({ id, code }: ConnectionRow, { detail }: RuntimeState): Problem | null => {
  if (code === null) return null;
  const because = detail.get(id) ?? sentences[code] ?? 'The provider does not do what it is asked.';
  return code === SIGN_IN_FAILED
    ? problemOf(reject('connection_blocked', sentences[code] ?? because))
    : problemInside(code, because);
};

/** A connection as a client sees it. */
export const connectionShown = (row: ConnectionRow, runtime: RuntimeState): Connection => {
  const running = (runtime.listing.get(row.id) ?? 0) > 0;
  return {
    id: row.id,
    name: row.name,
    kind: row.kind,
    url: row.url,
    region: row.region,
    credentialRef: row.credentialRef,
    tls: row.tls,
    allow: row.allow,
    state: row.state,
    reason: reasonOf(row, runtime),
    since: row.since,
    signIn: { blocked: isBlocked(row), failedAt: row.refusal?.at ?? null },
    discovery: {
      ...row.discovery,
      skipped: row.discovery.skipped.map(({ ref, name, why }) => ({ ref, name, why })),
      state: running ? 'running' : row.discovery.state,
    },
    groupIds: row.groupIds,
    revision: row.revision,
    version: row.sequence,
  };
};

/** The row of one connection from its own stream, so that whoever changed it sees it at once. */
export const rowFrom = (commits: readonly Commit<ConnectionFact>[]) =>
  commits.flatMap(storedFacts<ConnectionFact>).reduce<ConnectionRow | null>(connectionsView.evolve, null);

/** One connection, and why it is not up. */
export const getConnection = defineQuery({
  name: 'connection.get',
  input: z.strictObject({ id: ConnectionId.schema }),
  needs: ({ id }) => ofConnection(id, ['vm:read']),
  async handle({ id }, _actor, { rows, runtime }: ConnectionReadPorts) {
    const row = await rows.get(id);
    return row ? connectionShown(row, runtime) : noSuchConnection();
  },
});
