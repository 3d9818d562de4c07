import { StreamId, type ConnectionId, type Decider, type Instant } from '@drover/kernel';

/** A provider refused who we say we are. `resetAt`: the last reset that was known then; it stays unpublished. */
export type SignInFact = {
  type: 'ConnectionSignInRefused';
  connectionId: ConnectionId;
  revision: number;
  resetAt: Instant | null;
};

/** The refused sign-in, as it was tried. */
export type SignInCommand = Omit<SignInFact, 'type'>;

/** The last refusal, if there was one. */
export type SignIn = { readonly revision: number; readonly resetAt: Instant | null } | null;

/** Where power keeps what it knows of a connection's sign-ins. */
export const signInStream = (id: ConnectionId) => StreamId.of('connection', id);

/** The rules of power's `connection-<id>`: one refusal for each revision, and one more after each reset. */
export const signInDecider: Decider<SignInCommand, SignInFact, SignIn, never> = {
  initial: null,
  evolve: (_, { revision, resetAt }) => ({ revision, resetAt }),
  decide: (command, last) =>
    last &&
    (command.revision < last.revision || (command.revision === last.revision && command.resetAt === last.resetAt))
      ? []
      : [{ type: 'ConnectionSignInRefused', ...command }],
};
