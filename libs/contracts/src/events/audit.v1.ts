// What every service tells of rights and sign-ins: the data of each event by its name. Never: a member taken out or given
// another meaning; within v1 members are only added.
import { Instant } from '@drover/kernel';
import * as z from 'zod';

const target = z.string().nullable();

/** What every service tells of who was let in, who was not, and what was done that is no other fact. Needs `audit:read`. */
export const auditEvents = {
  'audit-denial-recorded': z.object({
    route: z.string(),
    right: z.string().nullable(),
    target,
    code: z.string(),
    count: z
      .int()
      .min(1)
      .exactOptional()
      .meta({ description: 'how many of somebody unknown; one when it is not said' }),
    since: Instant.schema.exactOptional().meta({ description: 'when the first of them came' }),
    network: z.string().exactOptional().meta({ description: 'where they came from, as a /24 or /64' }),
  }),
  'audit-action-recorded': z.object({ command: z.string(), target }),
  'audit-credential-seen': z.object({ route: z.string() }),
  'audit-sign-in-recorded': z.object({ via: z.enum(['link', 'token']), outcome: z.enum(['accepted', 'refused']) }),
  'audit-sign-out-recorded': z.object({ cause: z.enum(['asked', 'expired']) }),
} as const;
