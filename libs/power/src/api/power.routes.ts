// Which use case answers each route of power. Requests for one machine need no row: there is one for each command of the
// table. Never: a rule or a reading; both are behind the use case.
import type { Endpoints } from '@drover/api';
import { followed, operationRoutes, requestRoutes } from '@drover/operations/api';
import type { OwnerAnswers } from '@drover/ports';
import { vmRequests, type PowerDoes } from '../application/power.use-cases.js';
import { powerSourceRoutes } from './power-source.routes.js';

/** Power over HTTP: a row for each route of the catalogue that power owns. The rules are elsewhere: a row asks, and answers. */
export const powerRoutes: Endpoints<'power' | 'operation', PowerDoes> = {
  ...requestRoutes(vmRequests),
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
