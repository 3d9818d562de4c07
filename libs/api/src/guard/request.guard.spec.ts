import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Controller, Get, Res, type Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { routes, type InputOf } from '@drover/contracts';
import { SessionId, type Actor } from '@drover/kernel';
import type { GuardPorts } from './guard-ports.js';
import type { Requester } from './identity.js';
import { Asker, Input, type Reply } from '../routes/request.js';
import { Route, RouteTable } from '../routes/routes.js';
import { bootDoor } from '../testing.js';

const recorded: string[] = [];
const people: Readonly<Record<string, Requester>> = {
  ana: { sub: 'ana', rights: ['vm:read', 'vm:operate', 'vm:force'], via: 'bearer' },
  eve: { sub: 'eve', rights: ['vm:read'], via: 'bearer' },
  tab: { sub: 'ana', rights: ['vm:read'], via: 'bearer', deadCookie: 'sid=; Max-Age=0' },
  kim: { sub: 'kim', rights: ['vm:force'], via: 'bearer' },
  guest: { sub: 'guest', rights: [], via: 'bearer' },
  browser: { sub: 'ana', rights: ['vm:read', 'vm:operate', 'vm:force'], via: 'cookie', session: SessionId.parse('s') },
};
const door: GuardPorts = {
  identify: async ({ authorization }) => people[authorization ?? ''] ?? null,
  origin: 'http://localhost:80',
  audit: {
    record: async (fact, { sub }) => {
      if (fact.type === 'AuditDenialRecorded') recorded.push(`${sub} ${fact.code} ${fact.right}`);
    },
  },
};

@Controller()
class Power {
  @Route(routes.powerOff)
  powerOff(@Input() input: InputOf<typeof routes.powerOff>, @Asker() actor: Actor) {
    return { input, actor };
  }
  @Route(routes.sourcePowerOff)
  source(@Input() input: InputOf<typeof routes.sourcePowerOff>) {
    return input;
  }
  @Route(routes.getOperation, 'power')
  operation(@Input() { params }: InputOf<typeof routes.getOperation>) {
    return { by: 'power', id: params.id };
  }
}

@Controller()
class Inventory {
  @Route(routes.getOperation, 'inventory')
  operation() {
    return { by: 'inventory' };
  }
  @Route(routes.getFleet)
  broken() {
    throw new Error('secret');
  }
  @Route(routes.getSession)
  session(@Asker() actor: Actor, @Res() reply: Reply) {
    reply.send({ sub: actor.sub });
  }
  @Route(routes.getUser)
  user() {
    return {};
  }
}

@Controller('open')
class Undeclared {
  @Get('door')
  answer() {
    return 'anyone';
  }
}

const boot = (controllers: Type<unknown>[], more: Partial<GuardPorts> = {}) =>
  bootDoor(controllers, { ...door, ...more });
let app: NestFastifyApplication;
beforeAll(async () => void (app = await boot([Power, Inventory])));
afterAll(() => app.close());

const id = '420570c7-f61f-a930-77c5-1e876786cb3c';
const path = `/api/v1/vms/${id}/actions/power-off`;
const headers = { authorization: 'ana', 'idempotency-key': 'k' };
const post = (url: string, payload: object | undefined, more: Record<string, string> = headers) =>
  app.inject({ method: 'POST', url, headers: more, ...(payload && { payload }) });

it('does not boot with a route that is not in the catalogue, and says which', () =>
  expect(boot([Undeclared])).rejects.toThrow('Undeclared.answer (door) states no rights'));

it('keeps every route in one table', () =>
  expect(app.get(RouteTable, { strict: false }).rows.map(({ path }) => path)).toContain(routes.powerOff.path));

it('makes the actor, and parses what came in', async () => {
  const answer = await post(
    `${path}?dryRun=true`,
    { mode: 'hard', reason: 'drill' },
    { ...headers, 'x-request-id': 'r-1', traceparent: 'not one' },
  );
  expect(answer.statusCode).toBe(202);
  expect(answer.json().actor).not.toHaveProperty('traceparent');
  expect(answer.headers['x-request-id']).toBe('r-1');
  expect(answer.json()).toMatchObject({
    input: { params: { id }, query: { dryRun: true }, body: { mode: 'hard', timeoutSeconds: 300 } },
    actor: { sub: 'ana', requestId: 'r-1', dryRun: true, reason: 'drill', commandId: expect.any(String) },
  });
});

it.each([
  ['unauthenticated', 401, {}, {}, /^No valid session or token/],
  ['unauthenticated', 401, {}, { authorization: 'nobody' }, /^No valid session or token/],
  ['forbidden', 403, {}, { authorization: 'eve', 'idempotency-key': 'k' }, /takes the right vm:operate or vm:force\. /],
  ['idempotency_key_required', 400, {}, { authorization: 'ana' }, /^The Idempotency-Key header is missing/],
  [
    'origin_refused',
    403,
    {},
    { authorization: 'browser', 'idempotency-key': 'k' },
    /not come from the pages of Drover/,
  ],
  ['invalid_request', 400, { mode: 'gently', by: 'ben' }, headers, /schema/],
  ['body_too_large', 413, { reason: 'x'.repeat(65 * 1024) }, headers, /64 KiB/],
  ['body_too_large', 413, { reason: 'é'.repeat(33 * 1024) }, headers, /64 KiB/],
  ['body_too_large', 413, { reason: 'x'.repeat(300 * 1024) }, headers, /256 KiB/],
] as const)('refuses with %s (%i) and says why, and that nothing was done', async (code, status, body, more, says) => {
  const answer = await post(path, body, more);
  expect([answer.statusCode, answer.json()]).toMatchObject([
    status,
    { code, type: `/problems/${code}`, instance: path, detail: expect.stringMatching(says) },
  ]);
  expect(answer.json().detail).toMatch(/Nothing was done\.$/);
  expect(answer.headers['content-type']).toContain('application/problem+json');
});

it('lets in whoever has one of the rights', async () =>
  expect((await post(path, {}, { ...headers, authorization: 'kim' })).statusCode).toBe(202));

it('lets in whoever is signed in where that is enough, and records who is not', async () => {
  recorded.length = 0;
  const ask = async (authorization: string) =>
    (await app.inject({ url: '/api/auth/user', headers: { authorization } })).statusCode;
  expect([await ask('guest'), await ask('nobody')]).toEqual([200, 401]);
  expect(recorded).toEqual(['anonymous unauthenticated null']);
});

it('asks on the older paths for authentication in the words of their document', async () => {
  expect((await post(`/api/v1/vm/${id}/power-off`, {}, {})).json().error).toBe('Authentication required');
  expect((await post(path, {}, {})).json().error).toBe('Sign in first');
});

it('asks for If-Match where that is configured, and only of what has an ETag', async () => {
  const strict = await boot([Power], { requireIfMatch: true });
  const send = (url: string, more = {}) =>
    strict.inject({ method: 'POST', url, headers: { ...headers, ...more }, payload: {} });
  const ask = async (url: string, more = {}) => (await send(url, more)).statusCode;
  expect(await ask(path)).toBe(428);
  expect((await send(path)).json()).toMatchObject({
    ...{
      code: 'precondition_required',
      detail: expect.stringMatching(/^The If-Match header is missing: .* Nothing was done/),
    },
  });
  expect(await ask(path, { 'if-match': '"i1.p2.r0.m0"' })).toBe(202);
  expect(await ask(`/api/v1/vm/${id}/power-off`)).toBe(200);
  expect(await ask(path, { 'if-match': '' })).toBe(202); // it is there: whoever decides refuses it as no ETag
  await strict.close();
});

it('says everything that is wrong with a request, and echoes none of it', async () => {
  const answer = await post(`${path}?request=s3cret`, { mode: 's3cret', by: 's3cret' });
  const { errors } = answer.json<{ errors: { pointer: string }[] }>();
  expect(errors.map(({ pointer }) => pointer)).toEqual(['?/request', '/mode', '/by']);
  expect(answer.body).not.toContain('s3cret');
});

it('records who was refused and no other mistake, and fails closed when it cannot', async () => {
  recorded.length = 0;
  await post(path, {}, { authorization: 'eve', 'idempotency-key': 'k' });
  await post(path, {}, {});
  await post(path, {}, { ...headers, authorization: 'browser' });
  await post(path, {}, { authorization: 'ana' }); // without a key
  await post(path, {}, { ...headers, accept: 'text/plain' });
  expect(recorded).toEqual([
    'eve forbidden vm:operate',
    'anonymous unauthenticated vm:operate',
    'ana origin_refused vm:operate',
  ]);
  const logged: unknown[] = [];
  const told = (cause: unknown) => void logged.push(cause);
  const logger = { log: () => {}, warn: () => {}, error: told };
  const audit: GuardPorts['audit'] = { record: () => Promise.reject(new Error('disk full')) };
  const full = await bootDoor([Power], { ...door, audit }, logger);
  const answer = await full.inject({ method: 'POST', url: path, payload: {} });
  expect(answer.json()).toMatchObject({ status: 503, code: 'audit_unavailable' });
  expect(answer.json().detail).toMatch(/recorded.*could not be. Nothing was done/);
  expect(logged).toMatchObject([{ requestId: answer.headers['x-request-id'], error: new Error('disk full') }]); // the cause is for the log, not for who asks
  await full.close();
});

it('lets a link from elsewhere read what changes nothing', async () => {
  const link = { authorization: 'browser', 'sec-fetch-site': 'cross-site' };
  expect((await app.inject({ url: '/api/auth/user', headers: link })).statusCode).toBe(200);
});

it('takes a cookie only from the pages of Drover', async () => {
  const cookie = { ...headers, authorization: 'browser' };
  const ours = { ...cookie, 'sec-fetch-site': 'same-origin', 'x-drover-csrf': '1' };
  expect((await post(path, {}, ours)).statusCode).toBe(202);
  expect((await post(path, {}, { ...ours, 'sec-fetch-site': 'cross-site' })).statusCode).toBe(403);
  const { 'x-drover-csrf': _, ...plain } = ours;
  expect((await post(path, {}, plain)).statusCode).toBe(403);
  expect((await post(`/api/v1/vm/${id}/power-off`, {}, plain)).statusCode).toBe(200);
  expect((await post(`/api/v1/vm/${id}/power-off`, {}, { ...cookie, origin: 'https://evil.test' })).statusCode).toBe(
    403,
  );
});

it('T49: takes the dead cookie away beside a bearer, with whatever it answers', async () => {
  const tab = { authorization: 'tab', 'idempotency-key': 'k' };
  const cleared = (answer: Awaited<ReturnType<typeof post>>) => [answer.statusCode, answer.headers['set-cookie']];
  const operation = { url: `/api/v1/operations/power.power-${id}.1`, headers: tab };
  expect(cleared(await app.inject(operation))).toEqual([200, 'sid=; Max-Age=0']);
  expect(cleared(await app.inject({ url: '/api/auth/session', headers: tab }))).toEqual([200, 'sid=; Max-Age=0']);
  expect(cleared(await post(path, {}, tab))).toEqual([403, 'sid=; Max-Age=0']);
  expect(cleared(await post(path, {}))).toEqual([202, undefined]);
});

it('finds the owner of an operation by the first part of its id', async () => {
  const get = async (operation: string) =>
    (await app.inject({ url: `/api/v1/operations/${operation}`, headers })).json();
  expect(await get(`power.power-${id}.1`)).toEqual({ by: 'power', id: `power.power-${id}.1` });
  expect(await get('inventory.connection-lab.1')).toEqual({ by: 'inventory' });
  expect(await get('replication.x-1.1')).toMatchObject({ code: 'not_found' });
});

it('answers as a problem what the server refuses by itself, and tells nothing of a fault', async () => {
  const json = { ...headers, 'content-type': 'application/json' };
  for (const [request, status, code] of [
    [{ method: 'POST', url: path, headers: json, body: '{"mode":' }, 400, 'invalid_request'],
    [
      { method: 'POST', url: path, headers: { ...json, 'content-type': 'text/csv' }, body: 'a' },
      415,
      'unsupported_media_type',
    ],
    [{ url: '/api/v1/nowhere', headers }, 404, 'not_found'],
    [{ url: '/api/v1/fleet', headers }, 500, 'internal'],
    [{ url: '/api/v1/fleet', headers: { ...headers, host: 'evil.test' } }, 403, 'origin_refused'],
  ] as const) {
    const answer = await app.inject(request);
    expect([answer.statusCode, answer.json().code]).toEqual([status, code]);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.body).not.toContain('secret');
  }
  const plain = await app.inject({ url: '/api/v1/nowhere', headers: { ...headers, accept: 'application/json' } });
  expect(plain.headers['content-type']).toContain('application/json');
});

it('speaks JSON and nothing else, and takes no body for what it is', async () => {
  for (const type of ['application/x-www-form-urlencoded', 'text/plain', 'application/json-seq', '']) {
    const answer = await app.inject({
      method: 'POST',
      url: path,
      headers: { ...headers, 'content-type': type },
      body: 'mode=hard',
    });
    expect([type, answer.statusCode, answer.json().code]).toEqual([type, 415, 'unsupported_media_type']);
  }
  const empty = await app.inject({
    method: 'POST',
    url: path,
    headers: { ...headers, 'idempotency-key': 'k', 'content-type': 'application/json; charset=utf-8' },
  });
  expect(empty.statusCode).toBe(202);
});

it.each([
  ['text/plain', 406],
  ['image/png, text/*;q=0.5', 406],
  ['application/*', 202],
  ['text/html, */*;q=0.8', 202],
  ['application/problem+json', 202],
  ['', 202],
  ['application/json;q=0', 406],
])('answers what is accepted: %j', async (accept, status) => {
  const answer = await post(path, {}, { ...headers, accept });
  expect(answer.statusCode).toBe(status);
  if (status !== 406) return;
  expect(answer.json()).toMatchObject({ code: 'not_acceptable', hint: 'Accept application/json.' });
  expect(answer.json().detail).toMatch(/answers application\/json or application\/problem\+json\. Nothing was done/);
});

it('lets anyone in where nobody has to be known', async () =>
  expect((await app.inject({ url: '/api/auth/session' })).json()).toEqual({ sub: 'anonymous' }));
