import { Controller, Req, Res } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { answered, Asker, busQuery, hold, Input, replyPage, Route, type Reply, type Request } from '@drover/api';
import { routes, type Fact, type InputOf, type Page } from '@drover/contracts';
import type { Actor } from '@drover/kernel';
import { getVmHistory } from '../application/fleet/get-vm-history.query.js';
import { listEvents } from '../application/journal/list-events.query.js';

/** The queries as the bus carries them. */
export const GetVmHistory = busQuery(getVmHistory);
export const ListEvents = busQuery(listEvents);

/** Facts as JSON: those of one machine, and the journal for clients that cannot stream. */
@Controller()
export class EventsController {
  constructor(private readonly queries: QueryBus) {}

  @Route(routes.getVmHistory)
  async history(
    @Input() { params, query }: InputOf<typeof routes.getVmHistory>,
    @Asker() actor: Actor,
    @Req() request: Request,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<Page<Fact>> {
    return replyPage(
      reply,
      request,
      answered(await this.queries.execute(new GetVmHistory({ ...params, ...query }, actor))),
    );
  }

  @Route(routes.listEvents)
  async list(
    @Input() { query }: InputOf<typeof routes.listEvents>,
    @Asker() actor: Actor,
    @Req() request: Request,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<Page<Fact>> {
    if (query.wait > 0) hold(reply.raw);
    return replyPage(reply, request, answered(await this.queries.execute(new ListEvents(query, actor))), 'after');
  }
}
