// The port by which one service asks another, in this process or another one, by the routes that the catalogue has anyway.
// Never: a right of the service that asks; the owner judges by those of the actor.
import type { InputOf, ProblemCode, RouteName, routes } from '@drover/contracts';
import type { Actor, Rejection } from '@drover/kernel';
import type * as z from 'zod';

/** What a route of the catalogue answers with 200. */
export type AnswerTo<Name extends RouteName> = (typeof routes)[Name]['answers'] extends { readonly 200: infer Schema }
  ? Schema extends z.ZodType<infer Answer>
    ? Answer
    : never
  : never;

/** What one service asks another, by the routes of the catalogue and as whoever asked it. */
export interface OwnerRequest {
  /**
   * The answer of the service that owns the route, or its refusal, as it gave it. `not_ready` where no such service is
   * reached. The owner judges by the rights of the actor.
   */
  send<Name extends RouteName>(
    route: Name,
    input: InputOf<(typeof routes)[Name]>,
    actor: Actor,
  ): Promise<AnswerTo<Name> | Rejection<ProblemCode>>;
}

/** How a service answers the others: by the name of the route in the catalogue. */
export type OwnerAnswers = {
  readonly [Name in RouteName]?: (
    input: InputOf<(typeof routes)[Name]>,
    actor: Actor,
  ) => Promise<AnswerTo<Name> | Rejection<ProblemCode>>;
};
