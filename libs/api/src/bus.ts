import type { Type } from '@nestjs/common';
import { Command, CommandHandler, Query, QueryHandler } from '@nestjs/cqrs';
import type { Actor, CommandDefinition, QueryDefinition, Rejection } from '@drover/kernel';
import type * as z from 'zod';

type Answer<Result> = Result | Rejection<'forbidden'>;
type Run<Input, Result> = (input: Input, actor: Actor) => Promise<Result>;

/** The class Nest's bus wants for a definition: `new` makes a message, `handledBy` the provider that answers it. */
export interface MessageClass<Input, Message, Result> {
  new (input: Input, actor: Actor): Message & { readonly input: Input; readonly actor: Actor };
  handledBy(run: Run<Input, Result>): Type<unknown>;
}

/** A class, not a `useValue`: the bus looks for its metadata on the class of the provider. */
const handler = <Input, Result>(decorate: ClassDecorator, run: Run<Input, Result>) => {
  class Handler {
    execute({ input, actor }: { input: Input; actor: Actor }) {
      return run(input, actor);
    }
  }
  decorate(Handler);
  return Handler;
};

/** Nest's buses dispatch by class; our commands are values. This function and the next are the only ones that know. */
export const busCommand = <Input extends z.ZodType, Ports, Result>(
  definition: CommandDefinition<Input, Ports, Result>,
): MessageClass<z.output<Input>, Command<Answer<Result>>, Answer<Result>> =>
  class Message extends Command<Answer<Result>> {
    static override readonly name = definition.name;
    static handledBy(run: Run<z.output<Input>, Answer<Result>>) {
      return handler(CommandHandler(Message), run);
    }
    constructor(
      readonly input: z.output<Input>,
      readonly actor: Actor,
    ) {
      super();
    }
  };

/** The same for a query. */
export const busQuery = <Input extends z.ZodType, Ports, Result>(
  definition: QueryDefinition<Input, Ports, Result>,
): MessageClass<z.output<Input>, Query<Answer<Result>>, Answer<Result>> =>
  class Message extends Query<Answer<Result>> {
    static override readonly name = definition.name;
    static handledBy(run: Run<z.output<Input>, Answer<Result>>) {
      return handler(QueryHandler(Message), run);
    }
    constructor(
      readonly input: z.output<Input>,
      readonly actor: Actor,
    ) {
      super();
    }
  };
