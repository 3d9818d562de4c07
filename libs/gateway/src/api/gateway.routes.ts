// Joins the routes of the gateway, a file for each subject, to all that the catalogue says it owns: one that is missing does
// not compile. Never: a handler of its own.
import type { Endpoints } from '@drover/api';
import type { GatewayDoes } from '../application/gateway.use-cases.js';
import { deadLetterRoutes } from './dead-letters.routes.js';
import { documentRoutes } from './documents.routes.js';
import { fleetRoutes } from './fleet.routes.js';
import { liveRoutes, type LiveStreams } from './live.routes.js';
import { sessionRoutes } from './sessions.routes.js';

/** What the gateway answers over HTTP: a row for each route of the catalogue that it owns. */
export const gatewayRoutes = (home: string, streams: LiveStreams): Endpoints<'gateway', GatewayDoes> => ({
  ...fleetRoutes,
  ...liveRoutes(streams),
  ...sessionRoutes(home),
  ...documentRoutes,
  ...deadLetterRoutes,
});
