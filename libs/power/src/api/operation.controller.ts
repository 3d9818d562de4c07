import { Controller, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import {
  answered,
  Asker,
  busCommand,
  busQuery,
  Input,
  preferredWait,
  replyOperation,
  RequestHeaders,
  Route,
  type Reply,
  type Request,
} from '@drover/api';
import { routes, type Fact, type InputOf, type Operation, type Page } from '@drover/contracts';
import type { Actor } from '@drover/kernel';
import type { Asked } from '../application/commands/ask-power.command.js';
import { cancelOperation } from '../application/commands/cancel-operation.command.js';
import { checkOperation } from '../application/commands/check-operation.command.js';
import { markOperation } from '../application/commands/mark-operation.command.js';
import { runOperationAgain } from '../application/commands/run-operation-again.command.js';
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

/** A request as far as its answer depends on it. */
export interface Exchange {
  readonly actor: Actor;
  readonly headers: Request['headers'];
  readonly reply: Reply;
}

/** Answers with the operation: at once, or held as long as the client prefers. */
export const follow = async (
  queries: QueryBus,
  { operation, replayed }: Asked,
  exchange: Exchange,
  settled = false,
) => {
  const { actor, headers, reply } = exchange;
  const waited = actor.dryRun ? null : preferredWait(headers);
  const held =
    waited === null
      ? operation
      : answered(await queries.execute(new WaitForOperation({ id: operation.id, seconds: waited, settled }, actor)));
  return replyOperation(reply, held, { replayed, waited });
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
  async cancel(
    @Input() { params, body }: InputOf<typeof routes.cancelOperation>,
    @Asker() actor: Actor,
    @RequestHeaders() headers: Request['headers'],
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<Operation> {
    const asked = answered(await this.commands.execute(new CancelOperation({ ...params, ...body }, actor)));
    return follow(this.queries, asked, { actor, headers, reply });
  }

  @Route(routes.checkOperation, 'power')
  async check(
    @Input() { params, body }: InputOf<typeof routes.checkOperation>,
    @Asker() actor: Actor,
    @RequestHeaders() headers: Request['headers'],
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<Operation> {
    const asked = answered(await this.commands.execute(new CheckOperation({ ...params, ...body }, actor)));
    return follow(this.queries, asked, { actor, headers, reply }, true);
  }

  @Route(routes.markOperation, 'power')
  async mark(
    @Input() { params, body }: InputOf<typeof routes.markOperation>,
    @Asker() actor: Actor,
  ): Promise<Operation> {
    return answered(await this.commands.execute(new MarkOperation({ ...params, ...body }, actor))).operation;
  }

  @Route(routes.runOperationAgain, 'power')
  async runAgain(
    @Input() { params, body }: InputOf<typeof routes.runOperationAgain>,
    @Asker() actor: Actor,
    @RequestHeaders() headers: Request['headers'],
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<Operation> {
    const asked = answered(await this.commands.execute(new RunOperationAgain({ ...params, ...body }, actor)));
    return follow(this.queries, asked, { actor, headers, reply });
  }
}
