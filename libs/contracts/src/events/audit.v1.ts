import * as z from 'zod';

const target = z.string().nullable();

/** What every service tells of who was let in, who was not, and what was done that is no other fact. Needs `audit:read`. */
export const auditEvents = {
  'audit-denial-recorded': z.object({ route: z.string(), right: z.string().nullable(), target, code: z.string() }),
  'audit-action-recorded': z.object({ command: z.string(), target }),
  'audit-credential-seen': z.object({ route: z.string() }),
  'audit-sign-in-recorded': z.object({ via: z.enum(['link', 'token']), outcome: z.enum(['accepted', 'refused']) }),
  'audit-sign-out-recorded': z.object({ cause: z.enum(['asked', 'expired']) }),
} as const;
