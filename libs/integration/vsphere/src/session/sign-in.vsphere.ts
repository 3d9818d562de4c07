// Signing in to a vCenter, and staying signed in: one cookie for everybody who uses the session. Never: try a refused sign-in
// again, because repeated wrong passwords lock the account; a connection that was changed gets a new session.
import * as z from 'zod';
import type { ConnectionTarget } from '@drover/kernel';
import { ProviderFault, type ProviderPorts } from '@drover/ports';
import { SERVICE, type Content } from '../soap/content.vsphere.js';
import { isLostSession, readFault } from '../faults.vsphere.js';
import { remembered } from './remembered.vsphere.js';
import type { SecretWords } from './secret-words.vsphere.js';
import { VimFault, type MethodCall, type post } from '../soap/soap.vsphere.js';
import { escape } from '../soap/xml.vsphere.js';

/** What the secret of a vCenter holds. */
export const VsphereCredential = z.object({ username: z.string().min(1), password: z.string().min(1) });

/** How long a call waits that signs in, or only asks whether somebody is there. */
export const SIGN_IN_MS = 30_000;
const KEEP_ALIVE_MS = 10 * 60_000; // vCenter forgets a session after 30 idle minutes

/** Posts a call under a cookie or without one; it ends with the signal, and with the life of the session that it belongs to. */
export type Send = (
  call: MethodCall,
  held: string | null,
  signal?: AbortSignal,
  life?: AbortController,
) => ReturnType<typeof post>;

/** What signing in takes. */
export interface SignInPorts extends Pick<ProviderPorts, 'secrets' | 'clock'> {
  readonly target: ConnectionTarget;
  readonly words: SecretWords;
  readonly send: Send;
  readonly services: () => Promise<Content>;
  /** Until when the session lives that is open now. */
  readonly life: () => AbortController;
}

const referenceOf = ({ credentialRef }: ConnectionTarget) => {
  if (credentialRef === null) throw new ProviderFault('provider_error', 'the connection names no credential');
  return credentialRef;
};

/** Nobody is signed in yet. */
export const signInOf = ({ target, words, send, services, life, secrets, clock }: SignInPorts) => {
  let refused: ProviderFault | null = null;
  let callOff = () => {};

  const signIn = async () => {
    const mine = life();
    const { sessionManager: self } = await services();
    const { username, password } = await secrets.credential(referenceOf(target), VsphereCredential);
    words.learn({ username, password });
    const inner = `<userName>${escape(username)}</userName><password>${escape(password)}</password>`;
    // Without a cookie: a sign-in inside a session is refused.
    const answer = await send({ method: 'Login', self, inner, timeoutMs: SIGN_IN_MS }, null, undefined, mine);
    if (answer.cookie === null) throw new ProviderFault('provider_error', 'the sign-in brought no session');
    words.learn({ cookie: answer.cookie });
    if (life() === mine) keepAlive(answer.cookie);
    return answer.cookie;
  };
  const notSignedIn = (error: unknown) => {
    const said = error instanceof VimFault && ['InvalidLogin', 'NoPermission'].includes(error.type);
    if (!said) return readFault(error);
    return (refused = new ProviderFault('sign_in_failed', `${error.type}: ${error.message}`, 'no', { cause: error }));
  };
  const cookie = remembered(() =>
    signIn().catch((error: unknown) => {
      throw notSignedIn(error);
    }),
  );
  /** Whoever finds the session lost says so; the first one to say it counts. */
  const forget = async (lost: string) => {
    const known = cookie.known();
    if ((await known?.catch(() => null)) === lost && cookie.known() === known) cookie.forget();
  };
  /** One cookie is kept alive at a time: an answer that comes after the next sign-in has no say any more. */
  const keepAlive = (held: string) => {
    callOff();
    const mine = clock.after(KEEP_ALIVE_MS, () => {
      const again = () => callOff === mine && keepAlive(held);
      const asked = send({ method: 'CurrentTime', self: SERVICE, timeoutMs: SIGN_IN_MS }, held);
      void asked.then(again, (error: unknown) => (isLostSession(error) ? forget(held) : again()));
    });
    callOff = mine;
  };

  return {
    /** The cookie of the session, for which everybody waits together. */
    signedIn: async () => {
      if (refused) throw refused;
      return cookie.get();
    },
    /** The same, where somebody has signed in or is about to; null otherwise. */
    held: cookie.known,
    forget,
    /** Keeps nothing alive any more; whoever signs in next begins anew. */
    end: () => {
      cookie.forget();
      callOff();
      callOff = () => {};
    },
  };
};
