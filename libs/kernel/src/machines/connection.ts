// What must be known to reach a provider, and when nothing may be sent to one. Never: the secret itself; there is a
// reference to where it is.
import * as z from 'zod';
import { ConnectionId, ConnectionKind } from '../ids.js';

/** Whether a provider can be talked to. */
export const ConnectionState = z.enum(['up', 'down', 'degraded', 'unknown']);
/** One of the states of a connection. */
export type ConnectionState = z.output<typeof ConnectionState>;

/** Whether a provider can be talked to; if not, or not well, why. */
export type ConnectionStatus =
  | { readonly state: 'up' | 'unknown'; readonly code: null }
  | { readonly state: 'down' | 'degraded'; readonly code: string };

/** The judgement of certificates that a connection asks for. */
export type Tls =
  | { readonly mode: 'system' | 'insecure'; readonly value: null }
  | { readonly mode: 'ca' | 'fingerprint'; readonly value: string };
/** How a provider's certificate is judged. `value`: a CA's file, or a SHA-256 fingerprint. `insecure` is named, never implied. */
export const Tls = z.strictObject({
  mode: z.enum(['system', 'ca', 'fingerprint', 'insecure']),
  value: z.string().nullable(),
}) as z.ZodType<Tls, Tls>; // published as one shape

/** Where a secret is kept, never the secret: `file:<path>` or `env:<NAME>`. */
export const CredentialRef = z
  .string()
  .regex(/^(file:.+|env:[A-Za-z_][A-Za-z0-9_]*)$/, 'a credential is given as file:<path> or env:<NAME>');

/**
 * Where and how a provider is reached: all that an adapter needs. `revision` grows with every change, so a session made
 * for an older one, and a sign-in that failed under it, are known to be out of date.
 */
export const ConnectionTarget = z.object({
  id: ConnectionId.schema,
  kind: ConnectionKind.schema,
  url: z.string().nullable(),
  credentialRef: CredentialRef.nullable(),
  tls: Tls,
  allow: z.array(z.string()).readonly(),
  revision: z.int(),
});
/** A provider to be reached, under one revision of its settings. */
export type ConnectionTarget = z.output<typeof ConnectionTarget>;

/**
 * Whether a provider refused the sign-in of the present settings: nobody tries it again until they change or somebody resets
 * it. `refusal`: the last one; null when there was none.
 */
export const isBlocked = ({
  refusal,
  revision,
}: {
  readonly refusal: { readonly revision: number } | null;
  readonly revision: number;
}) => refusal?.revision === revision;

/** The code of a connection that no longer stands where connections are configured. */
export const NOT_CONFIGURED = 'not_configured';

/** Whether a connection still stands where connections are configured: nothing is sent to one that does not. */
export const isConfigured = ({ code }: { readonly code: string | null }) => code !== NOT_CONFIGURED;
