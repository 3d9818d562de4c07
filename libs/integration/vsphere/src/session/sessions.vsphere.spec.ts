import { expect, it } from '@jest/globals';
import { ConnectionId, ConnectionKind, type ConnectionTarget } from '@drover/kernel';
import { memorySecretSource, OutboundFault, readCounter, virtualClock, type OutboundHttp } from '@drover/ports';
import { SERVICE } from '../soap/content.vsphere.js';
import { sessionsOf, type OpenConnection } from './sessions.vsphere.js';

const revised = (revision: number, id = 'lab'): ConnectionTarget => ({
  id: ConnectionId.parse(id),
  kind: ConnectionKind.parse('vsphere'),
  url: `https://${id}.example.test/sdk`,
  credentialRef: 'env:LAB',
  tls: { mode: 'system', value: null },
  allow: [],
  revision,
});
const services = ['rootFolder', 'propertyCollector', 'viewManager', 'sessionManager', 'searchIndex'];
const content = services.map((name) => `<${name} type="${name}">${name}</${name}>`).join('');
const { signal } = new AbortController();

/** Providers that answer everything but `Wait`, which ends when it is called off. */
const open = ({ refuse = false } = {}) => {
  const calls: string[] = [];
  const request: OutboundHttp['request'] = async ({ id, revision }, { body = '' }, until) => {
    const method = /Body><(\w+)/.exec(body)?.[1] ?? '';
    calls.push(`${id} ${revision} ${method}`);
    if (method === 'Wait')
      await new Promise((_, fail) =>
        until.addEventListener('abort', () => fail(new OutboundFault('aborted', 'called off', 'maybe'))),
      );
    const about = '<about><fullName>v</fullName></about>';
    const answer = method === 'RetrieveServiceContent' ? `<returnval>${content}${about}</returnval>` : '';
    const fault = '<Fault><faultstring>no</faultstring><detail><f xsi:type="InvalidLogin"/></detail></Fault>';
    const said = refuse && method === 'Login' ? fault : `<R>${answer}</R>`;
    const headers = method === 'Login' ? { 'set-cookie': 'vmware_soap_session=1' } : {};
    return { status: 200, headers, body: `<Envelope><Body>${said}</Body></Envelope>` };
  };
  const http: OutboundHttp = { request, release: async () => {} };
  const secrets = memorySecretSource({ 'env:LAB': { username: 'ana', password: 'correct horse' } });
  return { calls, sessions: sessionsOf({ http, secrets, clock: virtualClock(), reads: readCounter('spec') }) };
};
const call = ({ session }: OpenConnection, method: string) =>
  session.run((ask) => ask({ method, self: SERVICE }), signal);
const waiting = async (over: OpenConnection, calls: readonly string[]) => {
  const before = calls.length;
  const end = call(over, 'Wait').then(
    () => 'an answer',
    (error: unknown) => error,
  );
  while (!calls.slice(before).some((each) => each.endsWith('Wait'))) await new Promise((done) => setImmediate(done));
  return end;
};

it('whoever releases an old revision leaves the calls of the newer one, and of other connections, alone', async () => {
  const { calls, sessions } = open();
  await call(sessions.of(revised(1)), 'Touch');
  const newer = waiting(sessions.of(revised(2)), calls);
  const other = waiting(sessions.of(revised(1, 'attic')), calls);
  await call(sessions.of(revised(2)), 'Touch');
  await call(sessions.of(revised(1, 'attic')), 'Touch');
  await sessions.release(revised(1));
  expect(calls.filter((each) => each.endsWith('Logout'))).toEqual(['lab 1 Logout']);
  await sessions.release(revised(2));
  await sessions.close();
  expect(await Promise.all([newer, other])).toMatchObject([
    { code: 'aborted', sent: 'maybe' },
    { code: 'aborted', sent: 'maybe' },
  ]);
});

it('opening a newer revision ends the older ones', async () => {
  const { calls, sessions } = open();
  const older = waiting(sessions.of(revised(1)), calls);
  await call(sessions.of(revised(1)), 'Touch');
  await call(sessions.of(revised(2)), 'Touch');
  expect(await older).toMatchObject({ code: 'aborted' });
});

it('what was learned of machines ends with the session, at once and whatever ended it', async () => {
  const { sessions } = open();
  const known = (revision: number) => sessions.of(revised(revision)).cache.idsOf('u1')[0];
  for (const revision of [1, 2]) sessions.of(revised(revision)).cache.learn('u1', 'vm-1');
  expect([known(1), known(2)]).toEqual([undefined, 'vm-1']);
  await sessions.release(revised(1));
  expect(known(2)).toBe('vm-1');
  await sessions.release(revised(2));
  expect(known(2)).toBeUndefined();
});

it('T-PRV-1: a sign-in that was refused is not repeated under its revision, and is tried under the next', async () => {
  const { calls, sessions } = open({ refuse: true });
  const refused = { code: 'sign_in_failed' };
  await expect(call(sessions.of(revised(1)), 'Touch')).rejects.toMatchObject(refused);
  await sessions.release(revised(1));
  await expect(call(sessions.of(revised(1)), 'Touch')).rejects.toMatchObject(refused);
  await expect(call(sessions.of(revised(2)), 'Touch')).rejects.toMatchObject(refused);
  await expect(call(sessions.of(revised(1)), 'Touch')).rejects.toMatchObject(refused);
  expect(calls.filter((each) => each.endsWith('Login'))).toEqual(['lab 1 Login', 'lab 2 Login']);
});
