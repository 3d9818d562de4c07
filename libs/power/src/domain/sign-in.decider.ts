import { assertNever, StreamId, type ConnectionId, type Decider, type Instant } from '@drover/kernel';

/** A provider refused who we say we are. `resetAt`: the last reset that was known then; it stays unpublished. */
export type SignInFact = {
  type: 'ConnectionSignInRefused';
  connectionId: ConnectionId;
  revision: number;
  resetAt: Instant | null;
};

/** The refused sign-in, as it was tried. */
export type SignInCommand = Omit<SignInFact, 'type'>;

/** No sign-in was refused, or this one was last. */
export type SignIn =
  { readonly is: 'never-refused' } | ({ readonly is: 'refused' } & Pick<SignInFact, 'revision' | 'resetAt'>);

/** Where power keeps what it knows of a connection's sign-ins. */
export const signInStream = (id: ConnectionId) => StreamId.of('connection', id);

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
