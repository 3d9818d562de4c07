import { Controller, Req, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
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
import { routes, type InputOf } from '@drover/contracts';
import type { Actor } from '@drover/kernel';

import { refreshUseCases as refreshes } from '../application/operations/refresh-operations.js';

/** The commands and queries as the buses carry them, under names of inventory's own: other services have the same. */
export const InventoryWaitForOperation = busQuery(refreshes.waitForOperation);
export const InventoryGetOperation = busQuery(refreshes.getOperation);
export const InventoryGetOperationFacts = busQuery(refreshes.getOperationFacts);
export const InventoryCancelOperation = busCommand(refreshes.cancelOperation);
export const InventoryCheckOperation = busCommand(refreshes.checkOperation);
export const InventoryMarkOperation = busCommand(refreshes.markOperation);
export const InventoryRunOperationAgain = busCommand(refreshes.runOperationAgain);

/** Holds an answer until its operation has ended. */
export const holding =
  (queries: QueryBus): Wait =>
  (asked, actor) =>
    queries.execute(new InventoryWaitForOperation(asked, actor));

/** Operations whose id begins with `inventory.`, over HTTP. A method parses, asks, answers. */
@Controller()
export class InventoryOperationsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Route(routes.getOperation, 'inventory')
  async get(@Input() { params }: InputOf<typeof routes.getOperation>, @Asker() actor: Actor) {
    return answered(await this.queries.execute(new InventoryGetOperation(params, actor)));
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
    return answered(await this.commands.execute(new InventoryMarkOperation({ ...body, ...params }, actor))).operation;
  }

  @Route(routes.runOperationAgain, 'inventory')
  async runAgain(@Input() { params }: InputOf<typeof routes.runOperationAgain>, @Exchanged() exchange: Exchange) {
    const answer = await this.commands.execute(new InventoryRunOperationAgain(params, exchange.actor));
    return follow(answer, exchange, holding(this.queries));
  }
}
