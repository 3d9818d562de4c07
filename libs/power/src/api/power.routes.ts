import type { Endpoints, Exchange } from '@drover/api';
import type { VmId } from '@drover/kernel';
import { followed, operationRoutes } from '@drover/operations/api';
import type { OwnerAnswers } from '@drover/ports';
import { vmRequests, type PowerDoes } from '../application/power.use-cases.js';
import { powerSourceRoutes } from './power-source.routes.js';

type VmRequest = keyof typeof vmRequests;
type Asked = { readonly params: { readonly id: VmId }; readonly body: object };

/** Asks for one machine. The body is that of the route, and the input of the command is made of the same schema. */
const asks =
  (name: VmRequest) =>
  ({ params: { id: vmId }, body }: Asked, exchange: Exchange, use: PowerDoes) =>
    followed(use[name]({ vmId, ...body } as never, exchange.actor), exchange, use);

/** A row for each request for one machine. */
const requestRoutes = Object.fromEntries(
  (Object.keys(vmRequests) as VmRequest[]).map((name) => [name.slice(0, -'Vm'.length), asks(name)]),
) as { readonly [Name in VmRequest as Name extends `${infer Route}Vm` ? Route : never]: ReturnType<typeof asks> };

/** Power over HTTP: a row for each route of the catalogue that power owns. The rules are elsewhere: a row asks, and answers. */
export const powerRoutes: Endpoints<'power' | 'operation', PowerDoes> = {
  ...requestRoutes,
  bulkPowerOff: ({ body }, exchange, use) =>
    followed(use.startBulk({ action: 'power-off', ...body }, exchange.actor), exchange, use),
  bulkPowerOn: ({ body }, exchange, use) =>
    followed(use.startBulk({ action: 'power-on', ...body }, exchange.actor), exchange, use),
  bulkRestart: ({ body }, exchange, use) =>
    followed(use.startBulk({ action: 'restart', ...body }, exchange.actor), exchange, use),
  ...operationRoutes,
  ...powerSourceRoutes,
};

/** What other services may ask power. */
export const powerAnswers = ({ powerState }: Pick<PowerDoes, 'powerState'>): OwnerAnswers => ({
  getSourcePowerState: ({ params, query }, actor) => powerState({ called: params.vm_id, ...query }, actor),
});
