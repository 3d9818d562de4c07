// Whether anything may be sent to a connection, and the record of a refused sign-in. Never: a second try of a sign-in that
// was refused.
import { isRejection, policyActor, type Instant } from '@drover/kernel';
import { contextOf, type StreamsOf } from '@drover/ports';
import type { signInDecider } from '../../domain/sign-in.decider.js';
import { signInStream } from '../../domain/sign-in.events.js';
import type { DirectoryEntry } from '../directory/directory.js';

/** Where power keeps which sign-ins were refused. */
export type SignIns = StreamsOf<typeof signInDecider>;

/** Records that a provider refused the sign-in: nobody signs in again until the connection changes or is reset. */
export const recordRefusedSignIn = async ({ connection }: DirectoryEntry, at: Instant, signIns: SignIns) => {
  if (!connection) return;
  const { id, revision } = connection.target;
  const command = { connectionId: id, revision, resetAt: connection.resetAt };
  const context = contextOf(policyActor('power', signInStream(id)), command, at);
  const outcome = await signIns.transact(signInStream(id), command, context);
  if (isRejection(outcome)) throw new Error(outcome.because);
};

const REFUSED = 'The provider refused the sign-in; nothing is sent until the connection is fixed.';
const UNCONFIGURED = 'The connection is no longer configured; nothing is sent to it.';

/** Why nothing may be sent: by what inventory tells, or, before it has heard of it, by power's own refusal. */
export const blockedBecause = async ({ connection }: DirectoryEntry, signIns: SignIns): Promise<string | null> => {
  if (!connection) return null;
  if (!connection.configured) return UNCONFIGURED;
  if (connection.blocked) return REFUSED;
  const { state } = await signIns.load(signInStream(connection.target.id));
  if (state.is === 'never-refused') return null;
  return state.revision === connection.target.revision && state.resetAt === connection.resetAt ? REFUSED : null;
};
