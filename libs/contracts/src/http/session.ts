// Sessions, users and health, as the API shows them. Never: a secret, or where a store lies.
import * as z from 'zod';
import { Instant, PrincipalId } from '@drover/kernel';

/** The sign-in of a browser as an answer carries it, with its end where it has one. */
export type SessionState =
  | { readonly authenticated: boolean; readonly expiresAt: null; readonly warnAt: null }
  | { readonly authenticated: true; readonly expiresAt: Instant; readonly warnAt: Instant };
/** Whether a browser is signed in, and until when. */
export const SessionState = z.object({
  authenticated: z.boolean(),
  expiresAt: Instant.schema.nullable(),
  warnAt: Instant.schema.nullable(),
}) as z.ZodType<SessionState, SessionState>; // published as one shape

/** Who is signed in, and what they may do: rights by group, `*` for all. */
export const User = z.object({
  sub: PrincipalId.schema,
  name: z.string().nullable(),
  roles: z.array(z.string()).readonly(),
  groups: z.array(z.string()).readonly(),
  rights: z.record(z.string(), z.array(z.string()).readonly()),
});
/** Who is signed in, as an answer carries it. */
export type User = z.output<typeof User>;

/**
 * The health of the process. `read_only`: reads and streams work, changes are refused. `checks`: in the detail each part, else
 * what a start waits for and the stores that take nothing.
 */
export const Health = z.object({
  status: z.enum(['ok', 'read_only', 'failing', 'stopping', 'starting']),
  checks: z.record(z.string(), z.object({ ok: z.boolean(), detail: z.string() })).exactOptional(),
});
/** The health of the process as an answer carries it. */
export type Health = z.output<typeof Health>;
