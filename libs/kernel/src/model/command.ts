import type * as z from 'zod';
import type { Actor, Right } from '../rights/actor.js';
import type { Rejection } from './rejection.js';
import { denialOf, type Denial, type GroupsOf, type Need } from '../rights/scope.js';

/** A request and its answer in one value: what may come in, which rights it takes, what is done. */
export interface CommandDefinition<Input extends z.ZodType, Ports, Result> {
  readonly name: string;
  readonly input: Input;
  /** Which rights it takes, and whose. A list alone: rights that must hold everywhere. */
  needs(input: z.output<Input>): readonly Right[] | Need;
  handle(input: z.output<Input>, actor: Actor, ports: Ports): Promise<Result>;
}

/** Checks the shape of a command and infers its types. */
export const defineCommand = <Input extends z.ZodType, Ports, Result>(c: CommandDefinition<Input, Ports, Result>) => c;

/** Is told of a request that was denied, before the asker is. When it throws, the asker learns nothing else. */
export type OnDenied = (
  denied: Pick<Denial, 'right' | 'target'> & { readonly name: string; readonly code: string },
  actor: Actor,
) => Promise<void>;

/** What stands before the commands and queries of a capability. */
export interface Guards {
  readonly denied: OnDenied;
  /** Whose a machine or a connection is, as the capability knows it; without it nobody with limits reaches one. */
  readonly groupsOf?: GroupsOf;
  /** Throws when nothing may be decided now: for commands. */
  readonly beforeDeciding?: () => void;
}

const nobodys: GroupsOf = async () => [];

/** Gives a command or a query its ports. The rights are checked on every call, whichever door it came through. */
export const bind =
  <Input extends z.ZodType, Ports, Result>(
    { name, needs, handle }: CommandDefinition<Input, Ports, Result>,
    ports: Ports,
    { denied, groupsOf = nobodys, beforeDeciding = () => {} }: Guards,
  ) =>
  async (input: z.output<Input>, actor: Actor): Promise<Result | Rejection<'forbidden' | 'not_found'>> => {
    const denial = await denialOf(needs(input), actor, groupsOf);
    if (!denial) {
      beforeDeciding();
      return handle(input, actor, ports);
    }
    const { right, target, refusal } = denial;
    await denied({ name, right, target, code: refusal.rejected }, actor);
    return refusal;
  };
