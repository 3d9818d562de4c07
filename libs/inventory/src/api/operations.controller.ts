import { Controller, Req, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import {
  answered,
  Asker,
  busCommand,
  busQuery,
  hasEnded,
  Input,
  preferredWait,
  replyOperation,
  replyPage,
  RequestHeaders,
  Route,
  type Reply,
  type Request,
} from '@drover/api';
import { routes, type InputOf } from '@drover/contracts';
import type { Actor } from '@drover/kernel';
import { cancelOperation } from '../application/commands/cancel-operation.command.js';
import { checkOperation } from '../application/commands/check-operation.command.js';
import { markOperation } from '../application/commands/mark-operation.command.js';
import { runOperationAgain } from '../application/commands/run-operation-again.command.js';
import { getOperationFacts } from '../application/queries/get-operation-facts.query.js';
import { getOperation } from '../application/queries/get-operation.query.js';
import { AwaitOperation } from './connections.controller.js';

/** The commands and queries as the buses carry them, under names of inventory's own: other services have the same. */
export const InventoryGetOperation = busQuery(getOperation);
export const InventoryGetOperationFacts = busQuery(getOperationFacts);
export const InventoryCancelOperation = busCommand(cancelOperation);
export const InventoryCheckOperation = busCommand(checkOperation);
export const InventoryMarkOperation = busCommand(markOperation);
export const InventoryRunOperationAgain = busCommand(runOperationAgain);

type Headers = Readonly<Record<string, string | undefined>>;

/** Operations whose id begins with `inventory.`, over HTTP. A method parses, asks, answers. */
@Controller()
export class InventoryOperationsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Route(routes.getOperation, 'inventory')
  async get(
    @Input() { params }: InputOf<typeof routes.getOperation>,
    @Asker() actor: Actor,
    @RequestHeaders() headers: Headers,
    @Res({ passthrough: true }) to: Reply,
  ) {
    const seconds = preferredWait(headers);
    const operation = answered(
      seconds === null
        ? await this.queries.execute(new InventoryGetOperation(params, actor))
        : await this.queries.execute(new AwaitOperation({ ...params, seconds }, actor)),
    );
    if (seconds !== null) to.header('Preference-Applied', `wait=${seconds}`);
    if (!hasEnded(operation)) to.header('Retry-After', '2');
    return operation;
  }

  @Route(routes.getOperationFacts, 'inventory')
  async facts(
    @Input() { params, query }: InputOf<typeof routes.getOperationFacts>,
    @Asker() actor: Actor,
    @Req() request: Request,
    @Res({ passthrough: true }) to: Reply,
  ) {
    const asked = new InventoryGetOperationFacts({ ...query, ...params }, actor);
    return replyPage(to, request, answered(await this.queries.execute(asked)));
  }

  @Route(routes.cancelOperation, 'inventory')
  async cancel(@Input() { params }: InputOf<typeof routes.cancelOperation>, @Asker() actor: Actor) {
    return answered(await this.commands.execute(new InventoryCancelOperation(params, actor)));
  }

  @Route(routes.checkOperation, 'inventory')
  async check(@Input() { params }: InputOf<typeof routes.checkOperation>, @Asker() actor: Actor) {
    return answered(await this.commands.execute(new InventoryCheckOperation(params, actor)));
  }

  @Route(routes.markOperation, 'inventory')
  async mark(@Input() { params, body }: InputOf<typeof routes.markOperation>, @Asker() actor: Actor) {
    return answered(await this.commands.execute(new InventoryMarkOperation({ ...body, ...params }, actor)));
  }

  @Route(routes.runOperationAgain, 'inventory')
  async runAgain(
    @Input() { params }: InputOf<typeof routes.runOperationAgain>,
    @Asker() actor: Actor,
    @RequestHeaders() headers: Headers,
    @Res({ passthrough: true }) to: Reply,
  ) {
    const wish = new InventoryRunOperationAgain(params, actor);
    const { operation, replayed } = answered(await this.commands.execute(wish));
    const waited = actor.dryRun ? null : preferredWait(headers);
    if (waited === null) return replyOperation(to, operation, { replayed });
    const { id } = operation;
    const later = answered(await this.queries.execute(new AwaitOperation({ id, seconds: waited }, actor)));
    return replyOperation(to, later, { replayed, waited });
  }
}
