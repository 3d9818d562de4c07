// Who the caller is and what they may do, as the guard found it. Never: rights from elsewhere; what is shown here is what
// requests are judged by.
import * as z from 'zod';
import type { User } from '@drover/contracts';
import { defineQuery, LOCAL_ADMIN, roles, scopeOf, type Actor } from '@drover/kernel';

/** What somebody may do, by group; `*` is all of them. */
const rightsBy = (actor: Actor): User['rights'] => {
  const by: Record<string, string[]> = {};
  for (const right of actor.rights) {
    const scope = scopeOf(actor, right);
    for (const group of scope === 'all' ? ['*'] : scope) (by[group] ??= []).push(right);
  }
  return by;
};

/** Who is signed in, and what they may do, by group. */
export const getUser = defineQuery({
  name: 'auth.user',
  input: z.strictObject({}),
  needs: () => [],
  async handle(_input, actor): Promise<User> {
    const rights = rightsBy(actor);
    const roleNames = actor.sub === LOCAL_ADMIN ? Object.keys(roles).filter((role) => role !== 'scraper') : [];
    return { sub: actor.sub, name: null, roles: roleNames, groups: Object.keys(rights), rights };
  },
});
