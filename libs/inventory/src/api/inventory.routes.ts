// The routes of machines and connections: a row asks one use case, and adds the headers of HTTP. Never: a rule, or a
// question to a provider; both are behind the use case.
import { answered, replyPage, type Endpoints, type Reply } from '@drover/api';
import { connectionEtag, type Connection } from '@drover/contracts';
import { followed, operationRoutes } from '@drover/operations/api';
import type { InventoryDoes } from '../application/inventory.use-cases.js';

const tagged = (to: Reply, connection: Connection) => {
  to.header('ETag', connectionEtag(connection.version));
  return connection;
};

/** Machines and connections over HTTP: a row for each route of the catalogue that inventory owns. */
export const inventoryRoutes: Endpoints<'inventory' | 'operation', InventoryDoes> = {
  registerVm: async ({ body }, { actor }, use) => answered(await use.registerVm(body, actor)),
  editVm: async ({ params: { id: vmId }, body }, { actor }, use) =>
    answered(await use.editVm({ ...body, vmId }, actor)),
  retireVm: async ({ params: { id: vmId } }, { actor }, use) => answered(await use.retireVm({ vmId }, actor)),
  listConnections: async ({ query }, { actor, request, reply }, use) =>
    replyPage(reply, request, answered(await use.listConnections(query, actor))),
  getConnection: async ({ params }, { actor, reply }, use) =>
    tagged(reply, answered(await use.getConnection(params, actor))),
  testConnection: async ({ params }, { actor }, use) => answered(await use.testConnection(params, actor)),
  refreshConnection: ({ params }, exchange, use) =>
    followed(use.refreshConnection(params, exchange.actor), exchange, use),
  resetConnection: async ({ params }, { actor, reply }, use) =>
    tagged(reply, answered(await use.resetConnection(params, actor))),
  ...operationRoutes,
};
