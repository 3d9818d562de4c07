import * as z from 'zod';
import type { User } from '@drover/contracts';
import { defineQuery, LOCAL_ADMIN, roles } from '@drover/kernel';

/** Who is signed in, and what they may do, by group; `*` is all of them. */
export const getUser = defineQuery({
  name: 'auth.user',
  input: z.strictObject({}),
  needs: () => [],
  async handle(_input, { sub, rights }): Promise<User> {
    return {
      sub,
      name: null,
      roles: sub === LOCAL_ADMIN ? Object.keys(roles).filter((role) => role !== 'scraper') : [],
      groups: ['*'],
      rights: { '*': [...rights] },
    };
  },
});
