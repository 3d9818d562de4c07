// One session with a vCenter, shared by everybody who uses the connection: sign-in, keep-alive, sign-out. A lost session is
// opened again once. Never: try a refused sign-in again (accounts get locked), and never put more than one call with an
// effect into one `run`; it may run twice.
import type { ConnectionTarget } from '@drover/kernel';
import { ProviderFault, type ProviderPorts } from '@drover/ports';
import { contentOf, SERVICE, type Content } from '../soap/content.vsphere.js';
import { isLostSession, readFault } from '../faults.vsphere.js';
import { remembered } from './remembered.vsphere.js';
import { secretWords, type SecretWords } from './secret-words.vsphere.js';
import { SIGN_IN_MS, signInOf, type Send } from './sign-in.vsphere.js';
import { post, VimFault, type MethodCall } from '../soap/soap.vsphere.js';
import type { Xml } from '../soap/xml.vsphere.js';

/**
 * Makes one call inside a session. A fault of the provider's is thrown as VimFault. It is called off with the work that
 * it belongs to, unless it is `apart`, as what tidies up is; nothing outlives the session.
 */
export type SoapCall = (call: MethodCall, apart?: 'apart') => Promise<Xml>;

/** A conversation with one provider, as whoever makes calls sees it. */
export interface ProviderSession {
  /** Asks whether the provider answers, without signing in. It asks each time and keeps no answer. */
  reach(signal: AbortSignal): Promise<void>;
  /**
   * Does something inside a session, signing in first when there is none. When the session turns out to be lost, it
   * signs in again and does it once more; so what is done holds at most one call that changes something.
   */
  run<T>(work: (ask: SoapCall, content: Content) => Promise<T>, signal: AbortSignal): Promise<T>;
  /** Signs out and ends every call that waits. A later call begins anew. */
  close(): Promise<void>;
}

/** A conversation, and what else is known of it. */
export interface OpenSession extends ProviderSession, Pick<SecretWords, 'masked'> {
  /** Asks for the least there is. Whatever is answered, a fault of the provider's own among it, is an answer. */
  ping(signal: AbortSignal): Promise<void>;
}

const SIGN_OUT_MS = 5_000;

/**
 * One session for everybody who uses a connection: they wait for the same sign-in. A refused sign-in is remembered as
 * long as the connection stays as it is, and not tried again: accounts get locked.
 */
export const sessionOf = (
  target: ConnectionTarget,
  { http, secrets, clock }: Omit<ProviderPorts, 'reads'>,
): OpenSession => {
  let life = new AbortController();
  let closed = Promise.resolve();
  const words = secretWords();
  const send: Send = (call, held, signal, { signal: end } = life) =>
    post({ http, target, masked: words.masked }, call, held, signal ? AbortSignal.any([signal, end]) : end);
  const found = (signal?: AbortSignal) =>
    send({ method: 'RetrieveServiceContent', self: SERVICE, timeoutMs: SIGN_IN_MS }, null, signal)
      .then(({ result }) => contentOf(result))
      .catch((error: unknown) => {
        throw readFault(error);
      });
  const content = remembered(() => found());
  const signIn = signInOf({ target, words, send, secrets, clock, services: content.get, life: () => life });

  const attempt = async <T>(work: (ask: SoapCall, content: Content) => Promise<T>, signal: AbortSignal) => {
    const mine = life; // what was begun before a release does not go on after it
    const held = await waited(signIn.signedIn(), signal);
    const ask: SoapCall = async (call, apart) => (await send(call, held, apart ? undefined : signal, mine)).result;
    return work(ask, await content.get()).catch(async (error: unknown) => {
      if (isLostSession(error)) await signIn.forget(held);
      throw error;
    });
  };

  /** Under a signal of its own: whoever closes once more, or begins anew, does not cut it short. */
  const signOut = async (known: Promise<Content> | null, open: Promise<string> | null) => {
    const [found, held] = [await known?.catch(() => null), await open?.catch(() => null)];
    const call = found && { method: 'Logout', self: found.sessionManager, timeoutMs: SIGN_OUT_MS };
    if (call && held) await send(call, held, undefined, new AbortController()).catch(() => {});
    if (signIn.held() === null) await http.release(target); // else somebody has begun anew on the same sockets
  };

  /** Inside the session when there is one: nobody signs in for it. */
  const ping = async (signal: AbortSignal) => {
    const open = content.known() && signIn.held();
    const held = open ? await waited(open, signal).catch(() => null) : null;
    const call = { method: held ? 'CurrentTime' : 'RetrieveServiceContent', self: SERVICE, timeoutMs: SIGN_IN_MS };
    await send(call, held, signal).catch(async (error: unknown) => {
      if (held && isLostSession(error)) await signIn.forget(held);
      if (!(error instanceof VimFault)) throw readFault(error);
    });
  };

  return {
    masked: words.masked,
    ping,
    reach: async (signal) => void (await found(signal)),
    run: (work, signal) =>
      attempt(work, signal).catch((error: unknown) => {
        if (isLostSession(error)) return attempt(work, signal);
        throw error;
      }),
    close: () => {
      const [known, open] = [content.known(), signIn.held()];
      content.forget();
      signIn.end();
      life.abort(new Error('the connection was released'));
      life = new AbortController();
      return (closed = closed.catch(() => {}).then(() => signOut(known, open)));
    },
  };
};

/** Waits for what others wait for, too: one who gives up does not end it for them. */
const waited = <T>(work: Promise<T>, signal: AbortSignal) =>
  new Promise<T>((done, fail) => {
    const stop = () => fail(new ProviderFault('provider_unreachable', 'called off'));
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    void work.then(done, fail).finally(() => signal.removeEventListener('abort', stop));
  });
