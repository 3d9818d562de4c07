// What the gateway reads, over HTTP. Queries read views and journal; what HTTP adds stands here: ETag, 304, pages, and a
// request that waits. Never: an ETag on an answer that its version does not tell from another.
import { answered, hold, replyPage, type Endpoints } from '@drover/api';
import { namesEtag } from '@drover/contracts';
import type { GatewayDoes } from '../application/gateway.use-cases.js';

/** The fleet, its operations and its events over HTTP, read from the views and the journal. */
export const fleetRoutes: Pick<
  Endpoints<'gateway', GatewayDoes>,
  'listVms' | 'lookupVm' | 'getVm' | 'getVmHistory' | 'getFleet' | 'listOperations' | 'listEvents'
> = {
  /** A page, or 304 when nothing happened since the client's own. */
  listVms: async ({ query }, { actor, request, reply, headers }, use) => {
    const ifNoneMatch = headers['if-none-match'];
    const asked = { ...query, ...(ifNoneMatch !== undefined && { ifNoneMatch }) };
    const { etag, page } = answered(await use.listVms(asked, actor));
    reply.header('ETag', etag);
    if (page) return replyPage(reply, request, page);
    reply.code(304);
    return undefined;
  },
  lookupVm: async ({ query }, { actor, reply }, use) => {
    const vm = answered(await use.lookupVm(query, actor));
    if (!vm.stale) reply.header('ETag', vm.version);
    return vm;
  },
  /** A machine that is stale, past or just read has no ETag: the version of its facts does not tell such answers apart. */
  getVm: async ({ params, query }, { actor, reply, headers }, use) => {
    const vm = answered(await use.getVm({ ...params, ...query }, actor));
    if (vm.stale || query.at || query.version || query.fresh) return vm;
    reply.header('ETag', vm.version);
    if (!namesEtag(headers['if-none-match'], vm.version)) return vm;
    reply.code(304);
    return undefined;
  },
  getVmHistory: async ({ params, query }, { actor, request, reply }, use) =>
    replyPage(reply, request, answered(await use.getVmHistory({ ...params, ...query }, actor))),
  getFleet: async (_, { actor }, use) => answered(await use.getFleet({}, actor)),
  /** One operation is answered by the service that its id names. */
  listOperations: async ({ query }, { actor, request, reply }, use) =>
    replyPage(reply, request, answered(await use.listOperations(query, actor))),
  listEvents: async ({ query }, { actor, request, reply }, use) => {
    if (query.wait > 0) hold(reply.raw);
    return replyPage(reply, request, answered(await use.listEvents(query, actor)), 'after');
  },
};
