import { expect, it } from '@jest/globals';
import * as z from 'zod';
import type { Actor } from '../rights/actor.js';
import { defineCommand } from './command.js';
import { defineQuery } from './query.js';
import { bindAll } from './use-cases.js';

const ana: Actor = { sub: 'ana', rights: ['vm:read'], requestId: 'r1' };
const table = {
  commands: {
    put: defineCommand({
      name: 'thing.put',
      input: z.string(),
      needs: () => ['vm:read'],
      handle: async (value, _actor, { kept }: { readonly kept: string[] }) => kept.push(value),
    }),
  },
  queries: {
    count: defineQuery({
      name: 'thing.count',
      input: z.null(),
      needs: () => ['vm:edit'],
      handle: async (_input, _actor, { kept, from }: { readonly kept: string[]; readonly from: number }) =>
        kept.length + from,
    }),
  },
};

// @ts-expect-error -- a query of the table takes `from` as well
bindAll(table, { kept: [] }, { denied: async () => {} });

it('gives each line its ports, asks before every command and no query, and tells of each missing right', async () => {
  const [kept, denied] = [[] as string[], [] as string[]];
  let asked = 0;
  const does = bindAll(
    table,
    { kept, from: 10 },
    {
      denied: async ({ name, right }) => void denied.push(`${name} ${right}`),
      beforeDeciding: () => void (asked += 1),
    },
  );
  expect(await does.put('a', ana)).toBe(1);
  expect(await does.count(null, ana)).toMatchObject({ rejected: 'forbidden' });
  expect(await does.count(null, { ...ana, rights: ['vm:edit'] })).toBe(11);
  expect([kept, denied, asked]).toEqual([['a'], ['thing.count vm:edit'], 1]);
});
