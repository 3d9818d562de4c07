import type * as z from 'zod';
import type { Actor, Right } from './actor.js';
import { reject } from './rejection.js';

/** A request and its answer in one value: what may come in, which rights it takes, what is done. */
export interface CommandDefinition<Input extends z.ZodType, Ports, Result> {
  readonly name: string;
  readonly input: Input;
  needs(input: z.output<Input>): readonly Right[];
  handle(input: z.output<Input>, actor: Actor, ports: Ports): Promise<Result>;
}

/** Checks the shape of a command and infers its types. */
export const defineCommand = <Input extends z.ZodType, Ports, Result>(c: CommandDefinition<Input, Ports, Result>) => c;

/** Is told of a request that was refused for a missing right, before the asker is. When it throws, the asker learns nothing else. */
export type OnDenied = (denied: { readonly name: string; readonly right: Right }, actor: Actor) => Promise<void>;

/**
 * Gives a command or a query its ports. The rights are checked on every call, whichever door it came through.
 * `beforeDeciding` throws when nothing may be decided now: for commands.
 */
export const bind =
  <Input extends z.ZodType, Ports, Result>(
    definition: CommandDefinition<Input, Ports, Result>,
    ports: Ports,
    onDenied: OnDenied = async () => {},
    beforeDeciding: () => void = () => {},
  ) =>
  async (input: z.output<Input>, actor: Actor) => {
    const right = definition.needs(input).find((needed) => !actor.rights.includes(needed));
    if (!right) {
      beforeDeciding();
      return definition.handle(input, actor, ports);
    }
    await onDenied({ name: definition.name, right }, actor);
    return reject('forbidden', `This takes the right ${right}. Nothing was done.`);
  };
