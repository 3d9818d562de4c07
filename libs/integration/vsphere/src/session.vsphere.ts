import * as z from 'zod';
import type { ConnectionTarget } from '@drover/kernel';
import { ProviderFault, type ProviderPorts } from '@drover/ports';
import { contentOf, SERVICE, type Content } from './content.vsphere.js';
import { isLostSession, readFault } from './faults.vsphere.js';
import { secretWords, type SecretWords } from './secret-words.vsphere.js';
import { post, VimFault, type Call } from './soap.vsphere.js';
import { escape, type Xml } from './xml.vsphere.js';

/** What the secret of a vCenter holds. */
export const VsphereCredential = z.object({ username: z.string().min(1), password: z.string().min(1) });

/**
 * Makes one call inside a session. A fault of the provider's is thrown as VimFault. It is called off with the work that
 * it belongs to, unless it is `apart`, as what tidies up is; nothing outlives the session.
 */
export type SoapCall = (call: Call, apart?: 'apart') => Promise<Xml>;

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

const KEEP_ALIVE_MS = 10 * 60_000; // vCenter forgets a session after 30 idle minutes
const SIGN_IN_MS = 30_000;
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
  let content: Promise<Content> | null = null;
  let cookie: Promise<string> | null = null;
  let refused: ProviderFault | null = null;
  let callOff = () => {};
  let closed = Promise.resolve();
  const words = secretWords();

  const send = (call: Call, held: string | null, signal?: AbortSignal, { signal: end } = life) =>
    post({ http, target, masked: words.masked }, call, held, signal ? AbortSignal.any([signal, end]) : end);

  const found = (signal?: AbortSignal) =>
    send({ method: 'RetrieveServiceContent', self: SERVICE, timeoutMs: SIGN_IN_MS }, null, signal)
      .then(({ result }) => contentOf(result))
      .catch((error: unknown) => {
        throw readFault(error);
      });
  const services = () => {
    if (content) return content;
    const asked: Promise<Content> = found().catch((error: unknown) => {
      if (content === asked) content = null;
      throw error;
    });
    return (content = asked);
  };

  const signIn = async () => {
    const mine = life;
    const { sessionManager: self } = await services();
    const { username, password } = await secrets.credential(referenceOf(target), VsphereCredential);
    words.learn({ username, password });
    const inner = `<userName>${escape(username)}</userName><password>${escape(password)}</password>`;
    // Without a cookie: a sign-in inside a session is refused.
    const answer = await send({ method: 'Login', self, inner, timeoutMs: SIGN_IN_MS }, null, undefined, mine);
    if (answer.cookie === null) throw new ProviderFault('provider_error', 'the sign-in brought no session');
    words.learn({ cookie: answer.cookie });
    if (life === mine) keepAlive(answer.cookie);
    return answer.cookie;
  };
  const notSignedIn = (error: unknown) => {
    const said = error instanceof VimFault && ['InvalidLogin', 'NoPermission'].includes(error.type);
    if (!said) return readFault(error);
    return (refused = new ProviderFault('sign_in_failed', `${error.type}: ${error.message}`, 'no', { cause: error }));
  };
  const signedIn = async () => {
    if (refused) throw refused;
    if (cookie) return cookie;
    const asked: Promise<string> = signIn().catch((error: unknown) => {
      if (cookie === asked) cookie = null;
      throw notSignedIn(error);
    });
    return (cookie = asked);
  };
  /** Whoever finds the session lost says so; the first one to say it counts. */
  const forget = async (lost: string) => {
    const known = cookie;
    if ((await known?.catch(() => null)) === lost && cookie === known) cookie = null;
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

  const attempt = async <T>(work: (ask: SoapCall, content: Content) => Promise<T>, signal: AbortSignal) => {
    const mine = life; // what was begun before a release does not go on after it
    const held = await waited(signedIn(), signal);
    const ask: SoapCall = async (call, apart) => (await send(call, held, apart ? undefined : signal, mine)).result;
    return work(ask, await services()).catch(async (error: unknown) => {
      if (isLostSession(error)) await forget(held);
      throw error;
    });
  };

  /** Under a signal of its own: whoever closes once more, or begins anew, does not cut it short. */
  const signOut = async (known: Promise<Content> | null, open: Promise<string> | null) => {
    const [found, held] = [await known?.catch(() => null), await open?.catch(() => null)];
    const call = found && { method: 'Logout', self: found.sessionManager, timeoutMs: SIGN_OUT_MS };
    if (call && held) await send(call, held, undefined, new AbortController()).catch(() => {});
    if (cookie === null) await http.release(target); // else somebody has begun anew on the same sockets
  };

  /** Inside the session when there is one: nobody signs in for it. */
  const ping = async (signal: AbortSignal) => {
    const held = content && cookie ? await waited(cookie, signal).catch(() => null) : null;
    const call = { method: held ? 'CurrentTime' : 'RetrieveServiceContent', self: SERVICE, timeoutMs: SIGN_IN_MS };
    await send(call, held, signal).catch(async (error: unknown) => {
      if (held && isLostSession(error)) await forget(held);
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
      const [known, open] = [content, cookie];
      [content, cookie] = [null, null];
      callOff();
      callOff = () => {};
      life.abort(new Error('the connection was released'));
      life = new AbortController();
      return (closed = closed.catch(() => {}).then(() => signOut(known, open)));
    },
  };
};

const referenceOf = ({ credentialRef }: ConnectionTarget) => {
  if (credentialRef === null) throw new ProviderFault('provider_error', 'the connection names no credential');
  return credentialRef;
};

/** Waits for what others wait for, too: one who gives up does not end it for them. */
const waited = <T>(work: Promise<T>, signal: AbortSignal) =>
  new Promise<T>((done, fail) => {
    const stop = () => fail(new ProviderFault('provider_unreachable', 'called off'));
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    void work.then(done, fail).finally(() => signal.removeEventListener('abort', stop));
  });
