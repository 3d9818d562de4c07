import * as z from 'zod';
import type { User } from '@drover/contracts';
import { defineQuery } from '@drover/kernel';
import { ADMIN, ADMIN_ROLES } from './identify.js';

/** Who is signed in, and what they may do, by group; `*` is all of them. */
export const getUser = defineQuery({
  name: 'auth.user',
  input: z.strictObject({}),
  needs: () => [],
  async handle(_input, { sub, rights }): Promise<User> {
    return {
      sub,
      name: null,
      roles: sub === ADMIN ? [...ADMIN_ROLES] : [],
      groups: ['*'],
      rights: { '*': [...rights] },
    };
  },
});
