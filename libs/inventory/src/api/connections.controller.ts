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
} from '@drover/api';
import { routes, type Connection, type InputOf } from '@drover/contracts';
import type { Actor } from '@drover/kernel';
import { refreshConnection } from '../application/connections/refresh-connection.command.js';
import { resetConnection } from '../application/connections/reset-connection.command.js';
import { getConnection } from '../application/connections/get-connection.query.js';
import { listConnections } from '../application/connections/list-connections.query.js';
import { testConnection } from '../application/connections/test-connection.query.js';
import { holding } from './operations.controller.js';

/** The commands and queries as the buses carry them. */
export const RefreshConnection = busCommand(refreshConnection);
export const ResetConnection = busCommand(resetConnection);
export const TestConnection = busQuery(testConnection);
export const ListConnections = busQuery(listConnections);
export const GetConnection = busQuery(getConnection);

const tagged = (to: Reply, connection: Connection) => {
  to.header('ETag', `"c${connection.version}"`);
  return connection;
};

/** Connections over HTTP. A method parses, asks, answers. */
@Controller()
export class ConnectionsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Route(routes.listConnections)
  async list(
    @Input() { query }: InputOf<typeof routes.listConnections>,
    @Asker() actor: Actor,
    @Req() request: Request,
    @Res({ passthrough: true }) to: Reply,
  ) {
    return replyPage(to, request, answered(await this.queries.execute(new ListConnections(query, actor))));
  }

  @Route(routes.getConnection)
  async get(
    @Input() { params }: InputOf<typeof routes.getConnection>,
    @Asker() actor: Actor,
    @Res({ passthrough: true }) to: Reply,
  ) {
    return tagged(to, answered(await this.queries.execute(new GetConnection(params, actor))));
  }

  @Route(routes.testConnection)
  async test(@Input() { params }: InputOf<typeof routes.testConnection>, @Asker() actor: Actor) {
    return answered(await this.queries.execute(new TestConnection(params, actor)));
  }

  @Route(routes.refreshConnection)
  async refresh(@Input() { params }: InputOf<typeof routes.refreshConnection>, @Exchanged() exchange: Exchange) {
    const answer = await this.commands.execute(new RefreshConnection(params, exchange.actor));
    return follow(answer, exchange, holding(this.queries));
  }

  @Route(routes.resetConnection)
  async reset(
    @Input() { params }: InputOf<typeof routes.resetConnection>,
    @Asker() actor: Actor,
    @Res({ passthrough: true }) to: Reply,
  ) {
    return tagged(to, answered(await this.commands.execute(new ResetConnection(params, actor))));
  }
}
