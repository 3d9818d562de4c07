// What power remembers of a connection whose sign-in was refused: each revision once, and once more after each reset. Never:
// a judgement whether to sign in; whoever is about to send compares the state with the connection.
import { assertNever, type Decider } from '@drover/kernel';
import type { SignInFact } from './sign-in.events.js';

/** The refused sign-in, as it was tried. */
export type SignInCommand = Omit<SignInFact, 'type'>;

/** No sign-in was refused, or this one was last. */
export type SignIn =
  { readonly is: 'never-refused' } | ({ readonly is: 'refused' } & Pick<SignInFact, 'revision' | 'resetAt'>);

const isNews = (signIn: SignIn, { revision, resetAt }: SignInCommand): boolean => {
  switch (signIn.is) {
    case 'never-refused':
      return true;
    case 'refused':
      return revision > signIn.revision || (revision === signIn.revision && resetAt !== signIn.resetAt);
    default:
      return assertNever(signIn);
  }
};

/** The rules of power's `connection-<id>`: one refusal for each revision, and one more after each reset. */
export const signInDecider: Decider<SignInCommand, SignInFact, SignIn, never> = {
  initial: { is: 'never-refused' },
  decide: (command, signIn) => (isNews(signIn, command) ? [{ type: 'ConnectionSignInRefused', ...command }] : []),
  evolve: (_, { type, revision, resetAt }) =>
    type === 'ConnectionSignInRefused' ? { is: 'refused', revision, resetAt } : assertNever(type),
};
