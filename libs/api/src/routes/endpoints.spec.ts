import { expect, it } from '@jest/globals';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { CqrsModule } from '@nestjs/cqrs';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { bindAll, defineCommand, defineQuery, type UseCases } from '@drover/kernel';
import * as z from 'zod';
import { mount, type Endpoints } from './endpoints.js';
import { ApiModule } from '../api.module.js';
import { guardProvider } from '../guard/guard-ports.js';
import { httpAdapter } from '../server/server.js';

const heard: string[] = [];
const answers = (name: string) =>
  defineQuery({
    name,
    input: z.unknown(),
    needs: () => [],
    handle: async (input, { sub }, { says }: { readonly says: string }) => ({ name, input, sub, says }),
  });
const table = {
  commands: {
    register: defineCommand({
      name: 'vm.register',
      input: z.object({ name: z.string() }),
      needs: () => ['vm:edit'],
      handle: async ({ name }, _actor, { told }: { readonly told: string[] }) => (
        told.push(name),
        { vmId: name, sequence: 1, events: [], replayed: false }
      ),
    }),
    edit: answers('vm.edit'),
    retire: answers('vm.retire'),
    refresh: answers('connection.refresh'),
    reset: answers('connection.reset'),
  },
  queries: {
    list: answers('connection.list'),
    get: answers('connection.get'),
    test: answers('connection.test'),
  },
};
type Uses = UseCases<typeof table>;
const endpoints: Endpoints<'inventory', Uses> = {
  registerVm: ({ body }, { actor }, use) => use.register({ name: body.name }, actor),
  editVm: ({ params }, { actor }, use) => use.edit(params, actor),
  retireVm: ({ params }, { actor }, use) => use.retire(params, actor),
  listConnections: ({ query }, { actor }, use) => use.list(query, actor),
  getConnection: ({ params }, { actor }, use) => use.get(params, actor),
  testConnection: ({ params }, { actor }, use) => use.test(params, actor),
  refreshConnection: ({ params }, { actor }, use) => use.refresh(params, actor),
  resetConnection: ({ params }, { actor }, use) => use.reset(params, actor),
};
const { listConnections: _, ...fewer } = endpoints;
// Wrong on purpose: the compiler must complain of it, or this file does not compile.
// @ts-expect-error -- the route GET /api/v1/connections has no row
fewer satisfies Endpoints<'inventory', Uses>;
({
  ...endpoints,
  // @ts-expect-error -- what comes in by the route is not what the use case takes
  retireVm: ({ params }, { actor }, use) => use.register(params, actor),
}) satisfies Endpoints<'inventory', Uses>;

const whole = () => {
  const does = bindAll(table, { says: 'hello', told: heard }, { denied: async () => {} });
  return { service: 'inventory', owners: ['inventory'], table, does, endpoints } as const;
};

it('answers each route by its row, which asks the use cases over the buses', async () => {
  const identify = async () => ({ sub: 'ana', rights: ['vm:read', 'vm:edit'], via: 'bearer' }) as const;
  const audit = { record: async () => {} } as never; // nobody is refused here
  const { controllers, providers } = mount(whole());
  @Module({
    imports: [ApiModule, CqrsModule],
    controllers,
    providers: [guardProvider({ identify, origin: 'http://localhost:80', audit }), ...providers],
  })
  class Mounted {}
  const adapter = await httpAdapter({ allowedHosts: ['localhost:80'], trustedProxies: [] });
  const app = await NestFactory.create<NestFastifyApplication>(Mounted, adapter, { logger: false });
  await app.init();
  const get = await app.inject({ url: '/api/v1/connections/site-a', headers: { authorization: 'ana' } });
  expect(get.json()).toEqual({ name: 'connection.get', input: { id: 'site-a' }, sub: 'ana', says: 'hello' });
  const made = await app.inject({
    ...{ method: 'POST', url: '/api/v1/vms', headers: { authorization: 'ana', 'idempotency-key': 'abcdefgh' } },
    payload: { name: 'web-01' },
  });
  expect([made.statusCode, made.json(), heard]).toEqual([202, { id: 'web-01' }, ['web-01']]); // no view here
  await app.close();
});

it('stops the boot when a route of the catalogue has no row, and says which row to add', () =>
  expect(() => mount({ ...whole(), endpoints: fewer as never })).toThrow(
    'inventory is not whole. GET /api/v1/connections: add the row listConnections to the routes of inventory.',
  ));

it('stops the boot when a route names a use case that the table lacks, and says which', () => {
  const { edit: _edit, ...commands } = table.commands;
  expect(() => mount({ ...whole(), table: { ...table, commands } } as never)).toThrow(
    'PATCH /api/v1/vms/{id}: add vm.edit to the table of use cases of inventory.',
  );
});

it('stops the boot when two use cases have one name, which the buses could not tell apart', () => {
  const queries = { ...table.queries, again: answers('vm.edit') };
  expect(() => mount({ ...whole(), table: { ...table, queries } } as never)).toThrow(
    'two use cases are called vm.edit: rename one of them.',
  );
});

it('stops the boot when a line of the table was not given its ports', () => {
  const { get: _get, ...does } = whole().does;
  expect(() => mount({ ...whole(), does: does as never })).toThrow('get has no ports');
});
