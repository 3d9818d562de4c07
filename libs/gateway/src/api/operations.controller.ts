import { Controller, Req, Res } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { answered, Asker, busQuery, Input, replyPage, Route, type Reply, type Request } from '@drover/api';
import { routes, type InputOf, type Operation, type Page } from '@drover/contracts';
import type { Actor } from '@drover/kernel';
import { listOperations } from '../application/operations/list-operations.query.js';

/** The query as the bus carries it. */
export const ListOperations = busQuery(listOperations);

/** The list of operations. One operation is answered by the service that its id names. */
@Controller()
export class OperationsController {
  constructor(private readonly queries: QueryBus) {}

  @Route(routes.listOperations)
  async list(
    @Input() { query }: InputOf<typeof routes.listOperations>,
    @Asker() actor: Actor,
    @Req() request: Request,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<Page<Operation>> {
    return replyPage(reply, request, answered(await this.queries.execute(new ListOperations(query, actor))));
  }
}
