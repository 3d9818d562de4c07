// The routes of dead letters: each asks one use case and says its answer in HTTP. Never: a rule; whether an event may be
// replayed or discarded is decided behind the use case.
import { answered, replyPage, type Endpoints } from '@drover/api';
import type { GatewayDoes } from '../application/gateway.use-cases.js';

/** Events that could not be taken, over HTTP. */
export const deadLetterRoutes: Pick<
  Endpoints<'gateway', GatewayDoes>,
  'listDeadLetters' | 'getDeadLetter' | 'replayDeadLetter' | 'discardDeadLetter'
> = {
  listDeadLetters: async ({ query }, { actor, request, reply }, use) =>
    replyPage(reply, request, answered(await use.listDeadLetters(query, actor))),
  getDeadLetter: async ({ params }, { actor }, use) => answered(await use.getDeadLetter(params, actor)),
  replayDeadLetter: async ({ params, body }, { actor }, use) =>
    void answered(await use.replayDeadLetter({ ...params, ...body }, actor)),
  discardDeadLetter: async ({ params, body }, { actor }, use) =>
    void answered(await use.discardDeadLetter({ ...params, ...body }, actor)),
};
