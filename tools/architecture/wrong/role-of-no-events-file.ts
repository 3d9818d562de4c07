// at libs/power/src/domain/second-request.ts
export type SecondFact = // wrong: house/role
  { type: 'SecondRequested'; op: number } | ({ type: 'SecondEnded' } & { op: number });
// What is asked is not stored.
export type SecondCommand = { readonly type: 'Ask' } | { readonly type: 'End' };
export const evolve = (fact: SecondFact) => fact.op;
