// The bridge between a table of use cases and Nest's buses, which dispatch by class: a class is made for each line, and nothing
// else knows of it. Never: events on Nest's EventBus, or its sagas.
import type { Type } from '@nestjs/common';
import { Command, CommandHandler, Query, QueryHandler, type CommandBus, type QueryBus } from '@nestjs/cqrs';
import type { Actor, UseCases, UseCaseTable } from '@drover/kernel';

type Run = (input: unknown, actor: Actor) => Promise<unknown>;

/** What goes over a bus: Nest's buses want an object of a class; its class says who answers. */
interface Message {
  readonly input: unknown;
  readonly actor: Actor;
}

/** A class, not a `useValue`: the bus looks for its metadata on the class of the provider. */
const handler = (decorate: ClassDecorator, run: Run): Type<unknown> => {
  class Handler {
    execute({ input, actor }: Message) {
      return run(input, actor);
    }
  }
  decorate(Handler);
  return Handler;
};

const commandClass = () =>
  class extends Command<unknown> {
    constructor(
      readonly input: unknown,
      readonly actor: Actor,
    ) {
      super();
    }
  };

const queryClass = () =>
  class extends Query<unknown> {
    constructor(
      readonly input: unknown,
      readonly actor: Actor,
    ) {
      super();
    }
  };

/** A table on Nest's buses: the handlers, and the same use cases as a door calls them. */
export interface OnBuses<Table extends UseCaseTable> {
  readonly handlers: readonly Type<unknown>[];
  through(commands: CommandBus, queries: QueryBus): UseCases<Table>;
}

/**
 * Fills Nest's buses from the table of a capability. The buses dispatch by class and our commands are values: this is the
 * only function that knows. Each line of the table gets its handler, so none can be missing.
 */
export const onBuses = <Table extends UseCaseTable>(table: Table, does: UseCases<Table>): OnBuses<Table> => {
  const run = (name: string): Run => {
    const bound: unknown = does[name as keyof UseCases<Table>];
    if (typeof bound !== 'function') throw new Error(`${name} has no ports: bind the table that it stands in`);
    return bound as Run;
  };
  const commands = Object.keys(table.commands).map((name) => ({ name, message: commandClass() }));
  const queries = Object.keys(table.queries).map((name) => ({ name, message: queryClass() }));
  return {
    handlers: [
      ...commands.map(({ name, message }) => handler(CommandHandler(message), run(name))),
      ...queries.map(({ name, message }) => handler(QueryHandler(message), run(name))),
    ],
    through: (commandBus, queryBus) =>
      Object.fromEntries([
        ...commands.map(({ name, message }): [string, Run] => [
          name,
          (input, actor) => commandBus.execute(new message(input, actor)),
        ]),
        ...queries.map(({ name, message }): [string, Run] => [
          name,
          (input, actor) => queryBus.execute(new message(input, actor)),
        ]),
      ]) as UseCases<Table>,
  };
};
