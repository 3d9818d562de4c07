import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { NestFactory } from '@nestjs/core';
import { CommandBus } from '@nestjs/cqrs';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { httpAdapter, RouteTable } from '@drover/api';
import { problems, routes } from '@drover/contracts';
import { house, TOKEN, vmId, type GatewayHouse } from '../testing.js';
import { GatewayModule } from './gateway.module.js';

let here: GatewayHouse;
let app: NestFastifyApplication;
const boot = async (given: Parameters<typeof house>[0] = {}) => {
  const made = await house(given, undefined, true);
  const mounted = await NestFactory.create<NestFastifyApplication>(
    GatewayModule.of(made.gateway, made).module,
    await httpAdapter({ allowedHosts: ['localhost:80'], trustedProxies: [] }),
    { logger: false, abortOnError: false },
  );
  await mounted.init();
  await made.flows.start();
  return { made, mounted };
};
beforeAll(async () => {
  ({ made: here, mounted: app } = await boot());
  await here.tell.connected();
  for (const n of [1, 2, 3]) await here.tell.discovered(n);
  await here.settled();
});
afterAll(async () => {
  await here.stopAll();
  await app.close();
  expect(here.reports).toEqual([]);
});

const bearer = { authorization: `Bearer ${TOKEN}` };
const get = (url: string, headers: Record<string, string> = bearer) => app.inject({ url, headers });

it('answers every route of the gateway', () => {
  const mine = Object.values(routes).filter(({ owner }) => owner === 'gateway');
  const mounted = app.get(RouteTable, { strict: false }).rows;
  expect(new Set(mounted)).toEqual(new Set(mine));
});

it('answers the fleet with its ETag, and 304 while nothing happens', async () => {
  const answer = await get('/api/v1/vms?limit=2&fields=name');
  expect(answer.json()).toMatchObject({ total: 3, items: [{ name: 'vm-1' }, { name: 'vm-2' }] });
  const etag = String(answer.headers['etag']);
  expect(etag).toBe('W/"k1-r1-5.0-incomplete"');
  const again = await get('/api/v1/vms?limit=2', { ...bearer, 'if-none-match': etag });
  expect([again.statusCode, again.body, again.headers['etag']]).toEqual([304, '', etag]);
  expect((await get('/api/v1/vms', { ...bearer, 'if-none-match': 'W/"k1-r1-4.0-incomplete"' })).statusCode).toBe(200);
});

it('leads from page to page by the Link header', async () => {
  let url: string | undefined = '/api/v1/vms?limit=1&sort=-name&fields=name';
  const seen: string[] = [];
  while (url) {
    const answer = await get(url);
    const { items } = answer.json<{ items: readonly { name: string }[] }>();
    seen.push(...items.map(({ name }) => name));
    url = /^<([^>]+)>; rel="next"$/.exec(String(answer.headers['link'] ?? ''))?.[1];
  }
  expect(seen).toEqual(['vm-3', 'vm-2', 'vm-1']);
  expect((await get('/api/v1/vms?cursor=2')).json()).toMatchObject({ status: 400, code: 'cursor_invalid' });
  expect((await get('/api/v1/vms?hurry=1')).json()).toMatchObject({ status: 400, code: 'invalid_request' });
});

it('answers one machine with the version of its facts as ETag', async () => {
  const answer = await get(`/api/v1/vms/${vmId(1)}`);
  expect([answer.statusCode, answer.headers['etag']]).toEqual([200, '"i1.p0.r0.m0"']);
  expect(answer.json()).toMatchObject({ version: '"i1.p0.r0.m0"', actions: { edit: null } });
  expect((await get(`/api/v1/vms/${vmId(1)}`, { ...bearer, 'if-none-match': '"i1.p0.r0.m0"' })).statusCode).toBe(304);
  const past = await get(`/api/v1/vms/${vmId(1)}?version=1`, { ...bearer, 'if-none-match': '"i1.p0.r0.m0"' });
  expect([past.statusCode, past.headers['etag']]).toEqual([200, undefined]);
  expect((await get(`/api/v1/vms/${vmId(1)}?fresh=true`)).json()).toMatchObject({
    status: 502,
    code: 'provider_unreachable',
  });
  expect((await get(`/api/v1/vms/${vmId(9)}`)).json()).toMatchObject({ status: 404, code: 'not_found' });
});

it('answers lookups, history, fleet, operations and events', async () => {
  const found = await get('/api/v1/vms/lookup?name=vm-2');
  expect(found.json()).toMatchObject({ id: vmId(2), version: found.headers['etag'] });
  expect((await get('/api/v1/vms/lookup?alias=instance-uuid:UUID-3')).json()).toMatchObject({ id: vmId(3) });
  expect((await get('/api/v1/vms/lookup?alias=nonsense')).json()).toMatchObject({ status: 400 });
  expect((await get(`/api/v1/vms/${vmId(1)}/history`)).json()).toMatchObject({ items: [{ position: 'c1.k1-r1.3' }] });
  expect((await get('/api/v1/fleet')).json()).toMatchObject({ total: 3, complete: false, incomplete: ['site-a'] });
  expect((await get('/api/v1/operations')).json()).toMatchObject({ items: [], total: 0 });
  const events = await get('/api/v1/events?limit=1&after=c1.k1-r1.2&vm=' + vmId(1));
  expect([events.json(), events.headers['link']]).toMatchObject([
    { items: [{ subject: `vm/${vmId(1)}` }] },
    '</api/v1/events?limit=1&vm=' + vmId(1) + '&after=c1.k1-r1.3>; rel="next"',
  ]);
  expect((await get('/api/v1/events?after=c1.k9.2')).json()).toMatchObject({ status: 410, code: 'cursor_expired' });
});

it.each(['/api/v1/vms', '/api/v1/fleet', '/api/events/stream', '/api/auth/user'])(
  '%s is for those who are known',
  async (url) => {
    const answer = await get(url, {});
    expect([answer.statusCode, answer.json().code]).toEqual([401, 'unauthenticated']);
    expect(answer.headers['location']).toBeUndefined();
  },
);

it('says to whoever gives a name for an id where a name is looked up', async () => {
  expect((await get('/api/v1/vms/web-01')).json()).toMatchObject({
    ...{ status: 400, code: 'invalid_request', errors: [{ pointer: '/id' }] },
    hint: 'An id is a UUID. It is found by the name: /api/v1/vms/lookup?name=<name>.',
  });
  expect((await get('/api/v1/vms?limit=x')).json()).toMatchObject({ hint: 'See `errors`.' });
});

it('signs in by a link, once, and out again', async () => {
  const looked = await app.inject({ method: 'HEAD', url: '/api/auth/link/first' });
  expect([looked.statusCode, looked.headers['set-cookie']]).toEqual([303, undefined]);
  const answer = await app.inject({ url: '/api/auth/link/first' });
  expect([answer.statusCode, answer.headers['location'], answer.body]).toEqual([303, '/api/docs', '']);
  const cookie = String(answer.headers['set-cookie']).split(';')[0] ?? '';
  expect(String(answer.headers['set-cookie'])).toMatch(
    /^drover_sid=[\w-]{43}; Max-Age=7200; Path=\/; HttpOnly; SameSite=Strict$/,
  );
  const used = await app.inject({ url: '/api/auth/link/first' });
  expect(used.json()).toMatchObject({ status: 401, code: 'sign_in_link_invalid' });
  expect([used.headers['location'], used.headers['referrer-policy']]).toEqual([undefined, 'no-referrer']);

  expect((await get('/api/auth/session', { cookie })).json()).toEqual({
    ...{ authenticated: true, expiresAt: '2026-11-20T14:00:00.000Z', warnAt: '2026-11-20T13:50:00.000Z' },
  });
  expect((await get('/api/auth/user', { cookie })).json()).toMatchObject({
    sub: 'admin',
    groups: ['*'],
    rights: { '*': expect.arrayContaining(['vm:force']) },
  });
  expect((await get('/api/v1/fleet', { cookie })).statusCode).toBe(200);

  const forged = await app.inject({
    method: 'POST',
    url: '/api/auth/logout',
    headers: { cookie, origin: 'https://evil.test' },
  });
  expect(forged.json()).toMatchObject({ status: 403, code: 'origin_refused' });
  const ours = { cookie, 'sec-fetch-site': 'same-origin', 'x-drover-csrf': '1' };
  expect((await app.inject({ method: 'HEAD', url: '/api/auth/logout', headers: ours })).statusCode).toBe(303);
  const left = await app.inject({ method: 'POST', url: '/api/auth/logout', headers: ours });
  expect([left.statusCode, left.body, left.headers['set-cookie']]).toEqual([
    204,
    '',
    'drover_sid=; Max-Age=0; Path=/; HttpOnly; SameSite=Strict',
  ]);
  expect((await get('/api/auth/session', { cookie })).json()).toEqual({
    authenticated: false,
    expiresAt: null,
    warnAt: null,
  });
  expect((await get('/api/v1/fleet', { cookie })).statusCode).toBe(401);
});

it('goes to the start page when a browser leaves', async () => {
  const { headers } = await app.inject({ url: '/api/auth/link/second' });
  const cookie = String(headers['set-cookie']).split(';')[0] ?? '';
  for (const site of ['cross-site', 'same-site']) {
    const forged = await get('/api/auth/logout', { cookie, 'sec-fetch-site': site });
    expect([forged.json().code, forged.headers['set-cookie']]).toEqual(['origin_refused', undefined]);
  }
  expect((await get('/api/auth/logout', { cookie, origin: 'https://evil.test' })).statusCode).toBe(403);
  expect((await get('/api/v1/fleet', { cookie })).statusCode).toBe(200);
  jest.spyOn(app.get(CommandBus), 'execute').mockRejectedValueOnce(new Error('it cannot be recorded'));
  const failed = await get('/api/auth/logout', { cookie, 'sec-fetch-site': 'same-origin' });
  expect([failed.statusCode, failed.headers['location']]).toEqual([500, undefined]);
  const answer = await get('/api/auth/logout', { cookie, 'sec-fetch-site': 'same-origin' });
  expect([answer.statusCode, answer.headers['location']]).toEqual([303, '/api/docs']);
  expect((await get('/api/v1/fleet', { cookie })).statusCode).toBe(401);
  expect((await get('/api/auth/logout', {})).statusCode).toBe(401);
});

it('says that a program with the token is signed in without an end', async () =>
  expect((await get('/api/auth/session')).json()).toEqual({ authenticated: true, expiresAt: null, warnAt: null }));

it('serves the documents as they are, and a page that holds no script of its own', async () => {
  const document = await get('/api/openapi.json', {});
  expect([document.headers['content-type'], document.body]).toEqual([
    'application/json; charset=utf-8',
    '{"openapi":"3.1.0"}',
  ]);
  expect((await get('/api/asyncapi.json', {})).body).toBe('{"asyncapi":"3.0.0"}');
  const page = await get('/api/docs', {});
  expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
  expect(page.headers['content-security-policy']).toContain("script-src 'self'");
  expect(page.headers['content-security-policy']).not.toContain('unsafe');
  expect(page.body).not.toMatch(/<script>|<style|style=|onload=/);
  const files = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, file]) => file ?? '');
  expect(files).toHaveLength(4);
  for (const file of files) {
    const asset = await get(file, {});
    expect([file, asset.statusCode, asset.headers['cache-control']]).toEqual([file, 200, 'public, max-age=3600']);
    expect(asset.headers['content-type']).toMatch(/^(text\/(css|javascript); charset=utf-8|image\/png)$/);
  }
  for (const file of ['swagger-ui.js', '..%2f..%2fpackage.json', 'constructor', 'index.html'])
    expect((await get(`/api/docs/${file}`, {})).statusCode).toBe(404);
});

it('allows no page anything that stands in the page itself', async () => {
  for (const url of [
    '/api/docs',
    '/api/auth/welcome',
    '/problems/not_found',
    '/api/v1/fleet',
    '/api/nowhere',
    '/api/openapi.json',
  ]) {
    const policy = String((await get(url)).headers['content-security-policy']);
    expect([url, policy]).toEqual([url, expect.stringMatching(/^default-src 'none';/)]);
    expect(policy).not.toMatch(/unsafe|https:|\*/);
  }
});

it('says to who asks for a stream in another form which one there is', async () => {
  const answer = await get('/api/events/stream', { ...bearer, accept: 'application/json' });
  expect([answer.statusCode, answer.json()]).toMatchObject([
    406,
    { code: 'not_acceptable', detail: expect.stringContaining('text/event-stream'), hint: 'Accept text/event-stream.' },
  ]);
});

it.each(Object.keys(problems))('explains %s', async (code) => {
  const answer = await get(`/problems/${code}`, {});
  expect([answer.statusCode, answer.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
  expect(answer.body).toContain(code);
});

it('explains no problem that there is not', async () =>
  expect((await get('/problems/constructor', {})).json()).toMatchObject({ status: 404, code: 'not_found' }));

it('has one switch for all of the documentation', async () => {
  const { made, mounted } = await boot({ apiDocs: false });
  for (const url of ['/api/docs', '/api/docs/start.js', '/api/openapi.json', '/api/asyncapi.json'])
    expect((await mounted.inject({ url })).statusCode).toBe(404);
  const { headers } = await mounted.inject({ url: '/api/auth/link/first' });
  expect(headers['location']).toBe('/api/auth/welcome');
  const cookie = String(headers['set-cookie']).split(';')[0] ?? '';
  const welcome = await mounted.inject({ url: '/api/auth/welcome', headers: { cookie } });
  expect([welcome.statusCode, welcome.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
  expect(welcome.body).toContain('signed in to Drover as admin');
  const links = [...welcome.body.matchAll(/href="([^"]+)"/g)].map(([, link]) => link ?? '');
  for (const url of links) expect((await mounted.inject({ url, headers: { cookie } })).statusCode).toBeLessThan(400);
  expect((await mounted.inject({ url: '/api/auth/welcome' })).body).toContain('without a session');
  expect((await mounted.inject({ url: '/problems/not_found' })).statusCode).toBe(200);
  await made.stopAll();
  await mounted.close();
});

it('answers HEAD on the stream with its headers, and ends', async () => {
  const answer = await app.inject({ method: 'HEAD', url: '/api/events/stream', headers: bearer });
  expect([answer.statusCode, answer.body]).toEqual([200, '']);
  expect(answer.headers).toMatchObject({
    ...{
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
    },
    'x-request-id': expect.any(String),
  });
});

it('refuses a stream before its first byte, as a problem', async () => {
  expect((await get('/api/events/stream?on_gap=410&last_event_id=1')).json()).toMatchObject({
    status: 410,
    code: 'cursor_expired',
  });
  expect((await get('/api/events/stream?event_types=error')).json()).toMatchObject({
    status: 400,
    code: 'filter_invalid',
  });
});
