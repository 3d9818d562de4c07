import { expect, it } from '@jest/globals';
import { ConnectionId, type ConnectionTarget } from '@drover/kernel';
import { memoryOutboundHttp, memorySecretSource, OutboundFault, virtualClock } from '@drover/ports';
import { SERVICE } from './content.vsphere.js';
import { sessionOf } from './session.vsphere.js';

const target: ConnectionTarget = {
  ...{
    id: ConnectionId.parse('lab'),
    kind: 'vsphere',
    url: 'https://vcenter-01.example.test/sdk',
    credentialRef: 'env:LAB',
  },
  ...{ tls: { mode: 'system', value: null }, allow: [], revision: 1 },
};
const services = ['rootFolder', 'propertyCollector', 'viewManager', 'sessionManager', 'searchIndex'];
const content = services.map((name) => `<${name} type="${name}">${name}</${name}>`).join('');
const soap = (body: string) => `<Envelope><Body>${body}</Body></Envelope>`;
const refusal = (type: string) =>
  soap(`<Fault><faultstring>no</faultstring><detail><f xsi:type="${type}"/></detail></Fault>`);
const { signal } = new AbortController();

/** A provider that answers each method by a function, or takes it. */
const open = (answers: Readonly<Record<string, () => string>> = {}) => {
  const calls: string[] = [];
  const clock = virtualClock();
  let sessions = 0;
  const http = memoryOutboundHttp(({ body = '' }) => {
    const method = /Body><(\w+)/.exec(body)?.[1] ?? '';
    calls.push(method);
    const returned =
      method === 'RetrieveServiceContent'
        ? `<returnval>${content}<about><fullName>v</fullName></about></returnval>`
        : '';
    const given = answers[method]?.() ?? soap(`<R>${returned}</R>`);
    return {
      status: 200,
      headers: method === 'Login' ? { 'set-cookie': `vmware_soap_session=${++sessions}` } : {},
      body: given,
    };
  });
  const secrets = memorySecretSource({ 'env:LAB': { username: 'ana', password: 'correct horse' } });
  return { calls, clock, session: sessionOf(target, { http, secrets, clock }) };
};
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
