// A command or a query as one value, and how it gets its ports: the rights that it needs are judged before its handler runs,
// whichever door it came through. Never: a handler that runs for somebody who was denied, or a denial that nobody was told of.
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

/** Records a denial, under the name of what was asked, before it is answered. */
export const recordedDenial = async (
  name: string,
  { right, target, refusal }: Denial,
  actor: Actor,
  denied: OnDenied,
): Promise<Denial['refusal']> => {
  await denied({ name, right, target, code: refusal.rejected }, actor);
  return refusal;
};

/** What judging a request takes. `denied`: is told of a right that was missing. */
export interface JudgingPorts {
  readonly groupsOf: GroupsOf;
  readonly denied: OnDenied;
}

/** Why an actor may not, recorded before it is answered; null when they may. */
export const refusalOf = async (
  name: string,
  need: readonly Right[] | Need,
  actor: Actor,
  { groupsOf, denied }: JudgingPorts,
): Promise<Denial['refusal'] | null> => {
  const denial = await denialOf(need, actor, groupsOf);
  return denial && recordedDenial(name, denial, actor, denied);
};

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
    const refusal = await refusalOf(name, needs(input), actor, { groupsOf, denied });
    if (refusal) return refusal;
    beforeDeciding();
    return handle(input, actor, ports);
  };
