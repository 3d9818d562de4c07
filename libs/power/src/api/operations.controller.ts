import { Controller, Req, Res } from '@nestjs/common';
import { CommandBus, QueryBus, type Command } from '@nestjs/cqrs';
import {
  answered,
  Asker,
  busCommand,
  busQuery,
  Exchanged,
  follow,
  Input,
  replyPage,
  Route,
  type Exchange,
  type Reply,
  type Request,
  type Wait,
} from '@drover/api';
import { routes, type Fact, type InputOf, type Operation, type Page, type ProblemCode } from '@drover/contracts';
import type { Actor, Rejection } from '@drover/kernel';
import type { AcceptedOperation } from '@drover/operations';
import { powerOperationUseCases as operations } from '../application/operations/power-operations.js';

export const CancelOperation = busCommand(operations.cancelOperation);
export const CheckOperation = busCommand(operations.checkOperation);
export const MarkOperation = busCommand(operations.markOperation);
export const RunOperationAgain = busCommand(operations.runOperationAgain);
export const GetOperation = busQuery(operations.getOperation);
export const GetOperationFacts = busQuery(operations.getOperationFacts);
export const WaitForOperation = busQuery(operations.waitForOperation);

/** A request whose answer is an operation, as the bus carries it. */
export type RequestCommand = Command<AcceptedOperation | Rejection<ProblemCode>>;

/** Holds an answer until its operation has ended; `settled`: until its outcome is known. */
export const holding =
  (queries: QueryBus, settled = false): Wait =>
  (asked, actor) =>
    queries.execute(new WaitForOperation({ ...asked, settled }, actor));

/** The operations of power, whatever they do. */
@Controller()
export class PowerOperationsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Route(routes.getOperation, 'power')
  async get(@Input() { params }: InputOf<typeof routes.getOperation>, @Asker() actor: Actor): Promise<Operation> {
    return answered(await this.queries.execute(new GetOperation(params, actor)));
  }

  @Route(routes.getOperationFacts, 'power')
  async facts(
    @Input() { params, query }: InputOf<typeof routes.getOperationFacts>,
    @Asker() actor: Actor,
    @Req() request: Request,
    @Res({ passthrough: true }) to: Reply,
  ): Promise<Page<Fact>> {
    const asked = new GetOperationFacts({ ...params, ...query }, actor);
    return replyPage(to, request, answered(await this.queries.execute(asked)));
  }

  @Route(routes.cancelOperation, 'power')
  async cancel(@Input() { params, body }: InputOf<typeof routes.cancelOperation>, @Exchanged() exchange: Exchange) {
    const answer = await this.commands.execute(new CancelOperation({ ...params, ...body }, exchange.actor));
    return follow(answer, exchange, holding(this.queries));
  }

  @Route(routes.checkOperation, 'power')
  async check(@Input() { params, body }: InputOf<typeof routes.checkOperation>, @Exchanged() exchange: Exchange) {
    const answer = await this.commands.execute(new CheckOperation({ ...params, ...body }, exchange.actor));
    return follow(answer, exchange, holding(this.queries, true));
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
    return follow(answer, exchange, holding(this.queries));
  }
}
