// The routes that every capability with operations has: those of operations, and one for each request for a machine, made
// from the table of its commands. Never: a word of one capability; a route that only one has is among its own.
import { answered, follow, replyPage, type Endpoints, type Exchange } from '@drover/api';
import type { Operation } from '@drover/contracts';
import type { Actor, UseCases, VmId } from '@drover/kernel';
import type { KnownOperation, VerbResult } from '../operation-verbs.js';
import type { operationUseCases } from '../operation.use-cases.js';

/** What the routes of operations ask: the queries and commands of the table, whatever capability they are of. */
export type OperationUses = UseCases<ReturnType<typeof operationUseCases<never, KnownOperation>>>;

/** Answers with the operation that a request led to: at once, or held until its end as long as the client prefers. */
export const followed = async (
  answer: VerbResult,
  exchange: Exchange,
  { waitForOperation }: Pick<OperationUses, 'waitForOperation'>,
  settled = false,
): Promise<Operation> =>
  follow(await answer, exchange, (asked, actor: Actor) => waitForOperation({ ...asked, settled }, actor));

type Waits = Pick<OperationUses, 'waitForOperation'>;

/** The use cases of a capability with a request for one target under that name. */
type Requests<Name extends string> = Waits & { readonly [N in Name]: (input: never, actor: Actor) => VerbResult };

/** How a route answers that requests something of one machine. */
type RequestRoute<Name extends string> = (
  input: { readonly params: { readonly id: VmId }; readonly body: object },
  exchange: Exchange,
  use: Requests<Name>,
) => Promise<Operation>;

/**
 * A route for each request for one machine, under the name of its command in the table. The id of the path and the body are
 * the input: route and command are made of one schema, so one that lacks a member is refused before.
 */
export const requestRoutes = <Commands extends object>(commands: Commands) => {
  const names = Object.keys(commands) as (keyof Commands & string)[];
  const routeOf =
    <Name extends string>(name: Name): RequestRoute<Name> =>
    ({ params: { id: vmId }, body }, exchange, use) =>
      followed(use[name]({ vmId, ...body } as never, exchange.actor), exchange, use);
  return Object.fromEntries(names.map((name) => [name, routeOf(name)])) as {
    readonly [Name in keyof Commands & string]: RequestRoute<Name>;
  };
};

/** Operations over HTTP: those whose id begins with the name of the service that mounts these rows. */
export const operationRoutes: Endpoints<'operation', OperationUses> = {
  getOperation: async ({ params }, { actor }, use) => answered(await use.getOperation(params, actor)),
  getOperationFacts: async ({ params, query }, { actor, request, reply }, use) =>
    replyPage(reply, request, answered(await use.getOperationFacts({ ...params, ...query }, actor))),
  cancelOperation: ({ params, body }, exchange, use) =>
    followed(use.cancelOperation({ ...params, ...body }, exchange.actor), exchange, use),
  checkOperation: ({ params, body }, exchange, use) =>
    followed(use.checkOperation({ ...params, ...body }, exchange.actor), exchange, use, true),
  markOperation: async ({ params, body }, { actor }, use) =>
    answered(await use.markOperation({ ...params, ...body }, actor)).operation,
  runOperationAgain: ({ params, body }, exchange, use) =>
    followed(use.runOperationAgain({ ...params, ...body }, exchange.actor), exchange, use),
};
