// Mounts a capability in Nest from two tables, its use cases and its routes: one controller with a method for each row. A row
// that lacks its row in the other table stops the boot. Never: a rule or a mapping here. Those are in the rows.
import { Controller as Mounted, Inject, Res, type Type } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { routes, type InputOf, type RouteDefinition, type RouteId, type Service } from '@drover/contracts';
import type { UseCases, UseCaseTable } from '@drover/kernel';
import { onBuses } from './bus.js';
import { Exchanged, Input, type Exchange } from './request.js';
import { Route } from './routes.js';

/** How one route is answered: a value, whoever mounts it. `use`: the use cases of its capability. */
export type Endpoint<Definition extends RouteDefinition, Uses> = (
  input: InputOf<Definition>,
  exchange: Exchange,
  use: Uses,
) => unknown;

/** One row for each route that an owner answers: a route of the catalogue without its row does not compile. */
export type Endpoints<Owner extends RouteDefinition['owner'], Uses> = {
  readonly [Name in RouteId<Owner>]: Endpoint<(typeof routes)[Name], Uses>;
};

/** A capability as its door mounts it. */
export interface Mountable<Table extends UseCaseTable, Owner extends RouteDefinition['owner']> {
  readonly service: Service;
  /** Who owns the routes: the service, and `operation` when it has any. */
  readonly owners: readonly Owner[];
  readonly table: Table;
  /** The use cases of the table, with their ports. */
  readonly does: UseCases<Table>;
  readonly endpoints: Endpoints<Owner, UseCases<Table>>;
}

const isStream = ({ answers }: RouteDefinition) => Object.values(answers).includes('text/event-stream');

type Row = Endpoint<RouteDefinition, unknown>;

/** What stops the boot: a row of one table that lacks its row in the other, and a name that two use cases have. */
const gaps = (
  service: Service,
  owners: readonly string[],
  table: UseCaseTable,
  endpoints: Readonly<Record<string, unknown>>,
): readonly string[] => {
  const known = [...Object.values(table.commands), ...Object.values(table.queries)].map(({ name }) => name);
  const twice = known.filter((name, at) => known.indexOf(name) < at);
  return [
    ...twice.map((name) => `two use cases are called ${name}: rename one of them`),
    ...Object.entries<RouteDefinition>(routes)
      .filter(([, { owner }]) => owners.includes(owner))
      .flatMap(([id, { name, method, path }]) => [
        ...(Object.hasOwn(endpoints, id) ? [] : [`${method} ${path}: add the row ${id} to the routes of ${service}`]),
        ...(known.includes(name) ? [] : [`${method} ${path}: add ${name} to the table of use cases of ${service}`]),
      ]),
  ];
};

/**
 * Mounts a capability in Nest, from its table and its routes: the handlers of the buses, and one controller with a method
 * for each route. Throws when a row is missing.
 */
export const mount = <Table extends UseCaseTable, Owner extends RouteDefinition['owner']>({
  service,
  owners,
  table,
  does,
  endpoints,
}: Mountable<Table, Owner>): { readonly controllers: Type<unknown>[]; readonly providers: Type<unknown>[] } => {
  const rows: Readonly<Record<string, Row>> = endpoints as never;
  const missing = gaps(service, owners, table, rows);
  if (missing.length > 0) throw new Error(`${service} is not whole. ${missing.join('; ')}.`);
  const { handlers, through } = onBuses(table, does);

  class Controller {
    readonly use: UseCases<Table>;
    constructor(@Inject(CommandBus) commands: CommandBus, @Inject(QueryBus) queries: QueryBus) {
      this.use = through(commands, queries);
    }
  }
  Object.defineProperty(Controller, 'name', { value: `${service} routes` });
  const { prototype } = Controller;
  for (const [id, row] of Object.entries(rows)) {
    const value = function (this: Controller, input: InputOf<RouteDefinition>, exchange: Exchange) {
      return row(input, exchange, this.use);
    };
    Object.defineProperty(prototype, id, { value, enumerable: true, configurable: true, writable: true });
    Input()(prototype, id, 0);
    Exchanged()(prototype, id, 1);
    const route: RouteDefinition = routes[id as keyof typeof routes];
    if (isStream(route)) Res()(prototype, id, 2); // Nest leaves the response to the row
    const decorate = Route(route, route.owner === 'operation' ? service : undefined);
    decorate(prototype, id, { value, enumerable: true, configurable: true, writable: true });
  }
  Mounted()(Controller);
  return { controllers: [Controller], providers: [...handlers] };
};
