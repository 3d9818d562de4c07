import { Controller, Req, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import {
  answered,
  Asker,
  busCommand,
  busQuery,
  Input,
  preferredWait,
  replyOperation,
  replyPage,
  RequestHeaders,
  Route,
  type Reply,
  type Request,
} from '@drover/api';
import { routes, type Connection, type InputOf } from '@drover/contracts';
import type { Actor } from '@drover/kernel';
import { refreshConnection } from '../application/commands/refresh-connection.command.js';
import { resetConnection } from '../application/commands/reset-connection.command.js';
import { awaitOperation } from '../application/queries/await-operation.query.js';
import { getConnection } from '../application/queries/get-connection.query.js';
import { listConnections } from '../application/queries/list-connections.query.js';
import { testConnection } from '../application/queries/test-connection.query.js';

/** The commands and queries as the buses carry them. */
export const RefreshConnection = busCommand(refreshConnection);
export const ResetConnection = busCommand(resetConnection);
export const TestConnection = busQuery(testConnection);
export const ListConnections = busQuery(listConnections);
export const GetConnection = busQuery(getConnection);
export const AwaitOperation = busQuery(awaitOperation);

type Headers = Readonly<Record<string, string | undefined>>;

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
  async refresh(
    @Input() { params }: InputOf<typeof routes.refreshConnection>,
    @Asker() actor: Actor,
    @RequestHeaders() headers: Headers,
    @Res({ passthrough: true }) to: Reply,
  ) {
    const { operation, replayed } = answered(await this.commands.execute(new RefreshConnection(params, actor)));
    const waited = actor.dryRun ? null : preferredWait(headers);
    if (waited === null) return replyOperation(to, operation, { replayed });
    const { id } = operation;
    const later = answered(await this.queries.execute(new AwaitOperation({ id, seconds: waited }, actor)));
    return replyOperation(to, later, { replayed, waited });
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
