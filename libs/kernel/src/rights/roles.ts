// Which rights a role gives, and what grants give together. Never: a right that no route asks for.
import type { GroupId } from '../ids.js';
import { rights as all, type Actor, type Right } from './actor.js';

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

/** A role, and for whose machines: those of a group, or all. */
export interface Grant {
  readonly role: Role;
  readonly group: GroupId | null;
}

/** The rights that grants give together. One that holds everywhere is not limited by another grant of it. */
export const rightsOf = (grants: readonly Grant[]): Pick<Actor, 'rights' | 'limits'> => {
  const of = (right: Right) => grants.filter(({ role }) => (roles[role] as readonly Right[]).includes(right));
  const rights = all.filter((right) => of(right).length > 0);
  const limited = rights.flatMap((right) => {
    const groups = of(right).flatMap(({ group }) => group ?? []);
    return groups.length === of(right).length ? [[right, [...new Set(groups)].sort()] as const] : [];
  });
  return { rights, ...(limited.length > 0 && { limits: Object.fromEntries(limited) }) };
};
