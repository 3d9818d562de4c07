import { Controller, createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { CommandBus, QueryBus, type Command } from '@nestjs/cqrs';
import {
  answered,
  Asker,
  busCommand,
  busQuery,
  Input,
  preferredWait,
  replyOperation,
  Route,
  type Reply,
  type Request,
} from '@drover/api';
import { routes, type Fact, type InputOf, type Operation, type Page, type ProblemCode } from '@drover/contracts';
import type { Actor, Rejection } from '@drover/kernel';
import { cancelOperation } from '../application/commands/cancel-operation.command.js';
import { checkOperation } from '../application/commands/check-operation.command.js';
import { markOperation } from '../application/commands/mark-operation.command.js';
import { runOperationAgain } from '../application/commands/run-operation-again.command.js';
import type { Asked } from '../application/queries/asked.query.js';
import { getOperation } from '../application/queries/get-operation.query.js';
import { getOperationFacts } from '../application/queries/get-operation-facts.query.js';
import { waitForOperation } from '../application/queries/wait-for-operation.query.js';

export const CancelOperation = busCommand(cancelOperation);
export const CheckOperation = busCommand(checkOperation);
export const MarkOperation = busCommand(markOperation);
export const RunOperationAgain = busCommand(runOperationAgain);
export const GetOperation = busQuery(getOperation);
export const GetOperationFacts = busQuery(getOperationFacts);
export const WaitForOperation = busQuery(waitForOperation);

/** A wish whose answer is an operation, as the bus carries it. */
export type AskCommand = Command<Asked | Rejection<ProblemCode>>;

/** A request as far as its answer depends on it: who asks, how long they wait, and where the answer goes. */
export interface Exchange {
  readonly actor: Actor;
  readonly headers: Request['headers'];
  readonly reply: Reply;
}

/** The parameter that holds the exchange. The actor is the door's: no route is reached without one. */
export const Exchanged = createParamDecorator((_: unknown, context: ExecutionContext) => {
  const http = context.switchToHttp();
  const { actor, headers } = http.getRequest<Request>();
  return { actor, headers, reply: http.getResponse<Reply>() };
});

/** Answers with the operation: at once, or held as long as the client prefers. */
export const follow = async (
  queries: QueryBus,
  answer: Asked | Rejection<ProblemCode>,
  { actor, headers, reply }: Exchange,
  settled = false,
): Promise<Operation> => {
  const { operation, replayed } = answered(answer);
  const waited = actor.dryRun ? null : preferredWait(headers);
  if (waited === null) return replyOperation(reply, operation, { replayed });
  const wait = new WaitForOperation({ id: operation.id, seconds: waited, settled }, actor);
  return replyOperation(reply, answered(await queries.execute(wait)), { replayed, waited });
};

/** The operations of power, whatever they do. */
@Controller()
export class OperationController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Route(routes.getOperation, 'power')
  async get(@Input() { params }: InputOf<typeof routes.getOperation>, @Asker() actor: Actor): Promise<Operation> {
    return answered(await this.queries.execute(new GetOperation(params, actor)));
  }

  @Route(routes.getOperationFacts, 'power')
  async facts(@Input() input: InputOf<typeof routes.getOperationFacts>, @Asker() actor: Actor): Promise<Page<Fact>> {
    return answered(await this.queries.execute(new GetOperationFacts({ ...input.params, ...input.query }, actor)));
  }

  @Route(routes.cancelOperation, 'power')
  async cancel(@Input() { params, body }: InputOf<typeof routes.cancelOperation>, @Exchanged() exchange: Exchange) {
    const answer = await this.commands.execute(new CancelOperation({ ...params, ...body }, exchange.actor));
    return follow(this.queries, answer, exchange);
  }

  @Route(routes.checkOperation, 'power')
  async check(@Input() { params, body }: InputOf<typeof routes.checkOperation>, @Exchanged() exchange: Exchange) {
    const answer = await this.commands.execute(new CheckOperation({ ...params, ...body }, exchange.actor));
    return follow(this.queries, answer, exchange, true);
  }

  @Route(routes.markOperation, 'power')
  async mark(
    @Input() { params, body }: InputOf<typeof routes.markOperation>,
    @Asker() actor: Actor,
  ): Promise<Operation> {
    return answered(await this.commands.execute(new MarkOperation({ ...params, ...body }, actor))).operation;
  }

  @Route(routes.runOperationAgain, 'power')
  async runAgain(@Input() { params, body }: InputOf<typeof routes.runOperationAgain>, @Exchanged() exchange: Exchange) {
    const answer = await this.commands.execute(new RunOperationAgain({ ...params, ...body }, exchange.actor));
    return follow(this.queries, answer, exchange);
  }
}
