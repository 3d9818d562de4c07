import { expect, it } from '@jest/globals';
import {
  memoryOutboundHttp,
  memorySecretSource,
  OutboundFault,
  virtualClock,
  type OutboundHttp,
  type SecretSource,
} from '@drover/ports';
import { SERVICE } from '../soap/content.vsphere.js';
import { sessionOf } from './session.vsphere.js';
import { lab } from '../testing.js';

const target = { ...lab, credentialRef: 'env:LAB' };
const services = ['rootFolder', 'propertyCollector', 'viewManager', 'sessionManager', 'searchIndex'];
const content = services.map((name) => `<${name} type="${name}">${name}</${name}>`).join('');
const soap = (body: string) => `<Envelope><Body>${body}</Body></Envelope>`;
const refusal = (type: string) =>
  soap(`<Fault><faultstring>no</faultstring><detail><f xsi:type="${type}"/></detail></Fault>`);
const { signal } = new AbortController();

/** A provider that answers each method by a function, or takes it. */
const open = (answers: Readonly<Record<string, () => string | Promise<string>>> = {}, unlocked?: Promise<unknown>) => {
  const calls: string[] = [];
  const cookies: unknown[] = [];
  const released: number[] = [];
  const clock = virtualClock();
  let sessions = 0;
  const memory = memoryOutboundHttp(async ({ body = '', headers }) => {
    const method = /Body><(\w+)/.exec(body)?.[1] ?? '';
    calls.push(method);
    cookies.push(headers?.['cookie']);
    const returned =
      method === 'RetrieveServiceContent'
        ? `<returnval>${content}<about><fullName>v</fullName></about></returnval>`
        : '';
    const given = (await answers[method]?.()) ?? soap(`<R>${returned}</R>`);
    return {
      status: 200,
      headers: method === 'Login' ? { 'set-cookie': `vmware_soap_session=${++sessions}` } : {},
      body: given,
    };
  });
  /** As a real one: it does not wait for who was called off, and what is released ends. */
  const http: OutboundHttp = {
    request: (to, request, until) =>
      Promise.race([
        memory.request(to, request, until),
        new Promise<never>((_, fail) =>
          until.addEventListener('abort', () => fail(new OutboundFault('aborted', 'called off', 'maybe'))),
        ),
      ]),
    release: async () => void released.push(calls.length),
  };
  const known = memorySecretSource({ 'env:LAB': { username: 'ana', password: 'correct horse' } });
  const secrets: SecretSource = { credential: async (...of) => (await unlocked, known.credential(...of)) };
  return { calls, cookies, released, clock, session: sessionOf(target, { http, secrets, clock }) };
};
/** A promise, and how to keep it. */
const later = () => {
  let come: (answer: string) => void = () => {};
  const answer = new Promise<string>((done) => (come = done));
  return { answer, come: () => come(soap('<R/>')) };
};
const settled = () => new Promise((done) => setImmediate(done));
const touch = (session: ReturnType<typeof open>['session']) =>
  session.run((ask) => ask({ method: 'Touch', self: SERVICE }), signal);

it('signs in once, for however many', async () => {
  const { calls, session } = open();
  await Promise.all([touch(session), touch(session), touch(session)]);
  expect(calls).toEqual(['RetrieveServiceContent', 'Login', 'Touch', 'Touch', 'Touch']);
});

it('stays signed in: it says something every ten minutes, and nothing after it was closed', async () => {
  const { calls, clock, session } = open();
  await touch(session);
  await clock.advance(10 * 60_000 - 1);
  expect(calls).not.toContain('CurrentTime');
  await clock.advance(20 * 60_000 + 1);
  expect(calls.filter((call) => call === 'CurrentTime')).toHaveLength(3);
  await session.close();
  expect(calls.at(-1)).toBe('Logout');
  await clock.advance(60 * 60_000);
  expect(calls.at(-1)).toBe('Logout');
});

it('notices by that when the session is gone, and signs in for the next call only', async () => {
  const { calls, clock, session } = open({ CurrentTime: () => refusal('NotAuthenticated') });
  await touch(session);
  await clock.advance(30 * 60_000);
  expect(calls.slice(3)).toEqual(['CurrentTime']);
  await touch(session);
  expect(calls.slice(4)).toEqual(['Login', 'Touch']);
});

it('one sign-in for all who lost the same session', async () => {
  let lost = 3;
  const { calls, session } = open({ Touch: () => (lost-- > 0 ? refusal('NotAuthenticated') : soap('<R/>')) });
  await Promise.all([touch(session), touch(session), touch(session)]);
  expect(calls.filter((call) => call === 'Login')).toHaveLength(2);
});

it.each(['InvalidLogin', 'NoPermission'])(
  'a sign-in refused by %s is not tried again, not even after closing',
  async (type) => {
    const { calls, session } = open({ Login: () => refusal(type) });
    const refused = { code: 'sign_in_failed', sent: 'no', detail: `${type}: no` };
    for (let i = 0; i < 3; i++) await expect(touch(session)).rejects.toMatchObject(refused);
    await session.close();
    await expect(touch(session)).rejects.toMatchObject(refused);
    expect(calls.filter((call) => call === 'Login')).toHaveLength(1);
  },
);

it('a sign-in that broke is tried again by the next call', async () => {
  let down = true;
  const broken = () => {
    if (down) throw new OutboundFault('timed_out', 'late', 'maybe');
    return soap('<R/>');
  };
  const { session } = open({ Login: broken });
  await expect(touch(session)).rejects.toMatchObject({ code: 'provider_unreachable', sent: 'no' });
  down = false;
  await touch(session);
});

it('who gives up does not end the sign-in of the others', async () => {
  const { calls, session } = open();
  const gone = session.run((ask) => ask({ method: 'Never', self: SERVICE }), AbortSignal.abort());
  await expect(gone).rejects.toMatchObject({ code: 'provider_unreachable' });
  await touch(session);
  expect(calls).toEqual(['RetrieveServiceContent', 'Login', 'Touch']);
});

it('an answer that is none of a vCenter says so', async () => {
  const { session } = open({ RetrieveServiceContent: () => soap('<R><returnval/></R>') });
  await expect(session.reach(signal)).rejects.toMatchObject({ name: 'ProviderFault', code: 'provider_error' });
});

it('whether the provider is there is asked anew each time, without a sign-in', async () => {
  const { calls, session } = open();
  await session.reach(signal);
  await session.reach(signal);
  expect(calls).toEqual(['RetrieveServiceContent', 'RetrieveServiceContent']);
});

it('an answer to the old session, that comes after the next sign-in, does not keep the old one alive', async () => {
  let asked = 0;
  let fail: (error: Error) => void = () => {};
  const late = new Promise<string>((_, failed) => (fail = failed));
  let lost = false;
  const { calls, cookies, clock, session } = open({
    CurrentTime: () => (asked++ === 0 ? late : soap('<R/>')),
    Touch: () => (lost ? ((lost = false), refusal('NotAuthenticated')) : soap('<R/>')),
  });
  await touch(session);
  await clock.advance(10 * 60_000);
  lost = true;
  await touch(session);
  fail(new OutboundFault('unreachable', 'the connection broke', 'maybe'));
  await clock.advance(30 * 60_000);
  const kept = cookies.filter((_cookie, i) => calls[i] === 'CurrentTime');
  expect(kept).toEqual([1, 2, 2, 2].map((number) => `vmware_soap_session=${number}`));
});

it('signs out once, though it is closed twice, and gives the sockets back when it has', async () => {
  const farewell = later();
  const { calls, released, session } = open({ Logout: () => farewell.answer });
  await touch(session);
  const [first, second] = [session.close(), session.close()];
  await settled();
  expect(released).toEqual([]);
  farewell.come();
  await Promise.all([first, second]);
  expect(calls.slice(3)).toEqual(['Logout']);
  expect(released).toEqual([4, 4]);
});

it('leaves the sockets to whoever begins anew while it signs out', async () => {
  const farewell = later();
  const { released, session } = open({ Logout: () => farewell.answer });
  await touch(session);
  const closed = session.close();
  await settled();
  await touch(session);
  farewell.come();
  await closed;
  expect(released).toEqual([]);
  await session.close();
  expect(released).toHaveLength(1);
});

it('what was begun before it was closed does not sign in after it', async () => {
  const secret = later();
  const { calls, session } = open({}, secret.answer);
  const begun = touch(session);
  await settled(); // the provider has answered, and the secret is being read
  const closed = session.close();
  secret.come();
  await expect(begun).rejects.toMatchObject({ code: 'provider_unreachable', sent: 'no' });
  await closed;
  expect(calls).toEqual(['RetrieveServiceContent']);
});

it('tidies up apart from work that was called off, but not once it is closed', async () => {
  const { calls, session } = open();
  const stop = new AbortController();
  const calledOff = { code: 'aborted', sent: 'no' };
  await session.run(async (ask) => {
    stop.abort();
    await expect(ask({ method: 'Touch', self: SERVICE })).rejects.toMatchObject(calledOff);
    await ask({ method: 'Tidy', self: SERVICE }, 'apart');
    await session.close();
    await expect(ask({ method: 'Tidy', self: SERVICE }, 'apart')).rejects.toMatchObject(calledOff);
  }, stop.signal);
  expect(calls.slice(2)).toEqual(['Tidy', 'Logout']);
});

it('a sign-in that was cut by closing does not disturb the one after it', async () => {
  const answers = [later().answer];
  const { calls, session } = open({ Login: () => answers.pop() ?? soap('<R/>') });
  const cut = touch(session).catch((error: unknown) => error);
  while (!calls.includes('Login')) await settled();
  void session.close();
  const next = [touch(session), touch(session)];
  expect(await cut).toMatchObject({ sent: 'no' });
  await Promise.all([...next, touch(session)]);
  expect(calls.filter((call) => call === 'Login')).toHaveLength(2);
});

it('K33: what was used to sign in is masked from then on, the new session with it', async () => {
  const { session } = open();
  await touch(session);
  expect(session.masked('ana, correct horse, vmware_soap_session=1')).toBe('ana, [secret], vmware_soap_session=1');
});

it('K14: a ping asks for the least there is, inside the session when there is one, and signs in never', async () => {
  const { calls, cookies, session } = open();
  await session.ping(signal);
  await touch(session);
  await session.ping(signal);
  expect(calls).toEqual(['RetrieveServiceContent', 'RetrieveServiceContent', 'Login', 'Touch', 'CurrentTime']);
  expect(cookies.at(-1)).toBe('vmware_soap_session=1');
});

it('K14: a fault is an answer, too: of a session that is lost the next call hears by it', async () => {
  const { calls, session } = open({ CurrentTime: () => refusal('NotAuthenticated') });
  await touch(session);
  await session.ping(signal);
  await touch(session);
  expect(calls.slice(3)).toEqual(['CurrentTime', 'Login', 'Touch']);
});

it('K14: a ping that nobody answers says so', async () => {
  const late = () => Promise.reject(new OutboundFault('timed_out', 'late', 'maybe'));
  const { session } = open({ RetrieveServiceContent: late });
  await expect(session.ping(signal)).rejects.toMatchObject({ code: 'provider_unreachable' });
});
