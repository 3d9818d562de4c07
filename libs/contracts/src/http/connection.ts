// A provider as the API shows it. Never: a secret, or a member taken out.
import * as z from 'zod';
import { ConnectionId, ConnectionKind, ConnectionState, CredentialRef, GroupId, Instant, Tls } from '@drover/kernel';
import { Problem } from './problems.js';

/** One step on the way to a provider, and whether it went well. */
export const Probe = z.object({
  step: z.enum(['dns', 'tcp', 'tls', 'http', 'session', 'read']),
  ok: z.boolean(),
  code: z.string().nullable().meta({ description: 'of the fault that ended the way here; null when it went well' }),
  detail: z.string().nullable(),
  durationMs: z.int(),
});
/** A step of a connection test, as it was found. */
export type Probe = z.output<typeof Probe>;

/** How far a listing of the provider's machines has come. `partial`: it ended without all of them. */
export const Discovery = z.object({
  state: z.enum(['never', 'running', 'complete', 'partial']),
  at: Instant.schema.nullable(),
  seen: z.int().nullable(),
  skipped: z
    .array(z.object({ ref: z.string(), name: z.string().nullable(), why: z.string() }))
    .readonly()
    .meta({ description: 'machines that the provider lists and that cannot be shown; 100 at most' }),
  skippedCount: z.int().meta({ description: 'how many there are' }),
});

/** A provider as Drover knows it. The secret is a reference and never leaves its place. */
export const Connection = z.object({
  id: ConnectionId.schema,
  name: z.string(),
  kind: ConnectionKind.schema,
  url: z.string().nullable(),
  region: z.string().nullable(),
  credentialRef: CredentialRef.nullable(),
  tls: Tls,
  allow: z.array(z.string()).readonly(),
  state: ConnectionState,
  reason: Problem.nullable().meta({ description: 'why it is not up' }),
  since: Instant.schema,
  signIn: z.object({ blocked: z.boolean(), failedAt: Instant.schema.nullable() }),
  discovery: Discovery,
  groupIds: z.array(GroupId.schema).readonly(),
  revision: z.int(),
  version: z.int(),
});
/** A connection as it was parsed. */
export type Connection = z.output<typeof Connection>;
