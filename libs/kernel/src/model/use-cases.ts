// The table of a capability: its commands and queries by name, and how all of them get their ports. Never: a use case with
// its ports and without its rights check; `bind` puts the one before the other.
import type * as z from 'zod';
import type { Actor } from '../rights/actor.js';
import { bind, type CommandDefinition, type Guards } from './command.js';
import type { Rejection } from './rejection.js';

/** A command or a query, whatever it takes and answers. */
export type AnyUseCase = CommandDefinition<z.ZodType, never, unknown>;

/** Everything that one capability can be asked: its table, from which handlers and the doors are filled. */
export interface UseCaseTable {
  readonly commands: Readonly<Record<string, AnyUseCase>>;
  readonly queries: Readonly<Record<string, AnyUseCase>>;
}

type Bound<Definition> =
  Definition extends CommandDefinition<infer Input, never, infer Result>
    ? (input: z.output<Input>, actor: Actor) => Promise<Result | Rejection<'forbidden' | 'not_found'>>
    : never;

/** The commands and queries of a table with their ports in place, by their names in the table. */
export type UseCases<Table extends UseCaseTable> = {
  readonly [Name in keyof Table['commands']]: Bound<Table['commands'][Name]>;
} & { readonly [Name in keyof Table['queries']]: Bound<Table['queries'][Name]> };

type Taking<Definition> = Definition extends {
  handle(input: never, actor: Actor, ports: infer Ports): Promise<unknown>;
}
  ? (ports: Ports) => void
  : never;
type AllOf<Definitions> = Taking<Definitions> extends (ports: infer Ports) => void ? Ports : never;

/** What the commands and queries of a table take together. */
export type PortsOf<Table extends UseCaseTable> = AllOf<
  Table['commands'][keyof Table['commands']] | Table['queries'][keyof Table['queries']]
>;

/** Gives a whole table its ports. What is asked before deciding is asked before every command, and before no query. */
export const bindAll = <Table extends UseCaseTable>(
  { commands, queries }: Table,
  ports: PortsOf<Table>,
  guards: Guards,
): UseCases<Table> => {
  const bound = (definitions: Readonly<Record<string, AnyUseCase>>, before: Guards) =>
    Object.entries(definitions).map(([name, definition]) => [name, bind(definition, ports as never, before)]);
  const { beforeDeciding: _, ...reading } = guards;
  return Object.fromEntries([...bound(commands, guards), ...bound(queries, reading)]) as UseCases<Table>;
};
