import { Controller, Req, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { answered, Asker, busCommand, busQuery, Input, replyPage, Route, type Reply, type Request } from '@drover/api';
import { routes, type DeadLetter, type InputOf, type Page } from '@drover/contracts';
import type { Actor } from '@drover/kernel';
import { discardDeadLetter } from '../application/dead-letters/discard-dead-letter.command.js';
import { replayDeadLetter } from '../application/dead-letters/replay-dead-letter.command.js';
import { getDeadLetter } from '../application/dead-letters/get-dead-letter.query.js';
import { listDeadLetters } from '../application/dead-letters/list-dead-letters.query.js';

/** The commands and queries as the buses carry them. */
export const ListDeadLetters = busQuery(listDeadLetters);
export const GetDeadLetter = busQuery(getDeadLetter);
export const ReplayDeadLetter = busCommand(replayDeadLetter);
export const DiscardDeadLetter = busCommand(discardDeadLetter);

/** Events that could not be taken, over HTTP. */
@Controller()
export class DeadLettersController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Route(routes.listDeadLetters)
  async list(
    @Input() { query }: InputOf<typeof routes.listDeadLetters>,
    @Asker() actor: Actor,
    @Req() request: Request,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<Page<DeadLetter>> {
    return replyPage(reply, request, answered(await this.queries.execute(new ListDeadLetters(query, actor))));
  }

  @Route(routes.getDeadLetter)
  async get(@Input() { params }: InputOf<typeof routes.getDeadLetter>, @Asker() actor: Actor): Promise<DeadLetter> {
    return answered(await this.queries.execute(new GetDeadLetter(params, actor)));
  }

  @Route(routes.replayDeadLetter)
  async replay(
    @Input() { params, body }: InputOf<typeof routes.replayDeadLetter>,
    @Asker() actor: Actor,
  ): Promise<void> {
    answered(await this.commands.execute(new ReplayDeadLetter({ ...params, ...body }, actor)));
  }

  @Route(routes.discardDeadLetter)
  async discard(
    @Input() { params, body }: InputOf<typeof routes.discardDeadLetter>,
    @Asker() actor: Actor,
  ): Promise<void> {
    answered(await this.commands.execute(new DiscardDeadLetter({ ...params, ...body }, actor)));
  }
}
