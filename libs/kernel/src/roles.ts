import type { Right } from './actor.js';

const reading = ['vm:read', 'health:read'] as const;

/** What each role may do. A right is added together with the first route that asks for it. */
export const roles = {
  viewer: reading,
  operator: [...reading, 'vm:edit', 'vm:operate', 'vm:force'],
  replicator: reading,
  'failover-tester': reading,
  'failover-runner': reading,
  'failover-forcer': reading,
  approver: reading,
  auditor: [...reading, 'audit:read'],
  admin: [...reading, 'connection:admin', 'settings:admin'],
  scraper: ['health:read'],
} as const satisfies Readonly<Record<string, readonly Right[]>>;

/** A role that a person or a program can have. */
export type Role = keyof typeof roles;

/** The one person of embedded mode, who has every role. */
export const LOCAL_ADMIN = 'admin';
