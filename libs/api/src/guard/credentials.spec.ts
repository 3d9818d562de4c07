// Secrets where none belong: refused in an address, dropped from a body of the older paths.
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { Controller } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { routes, type InputOf } from '@drover/contracts';
import { Input } from '../routes/request.js';
import { Route } from '../routes/routes.js';
import { bootDoor } from '../testing.js';

@Controller()
class Doors {
  @Route(routes.getFleet)
  fleet() {
    return 'fleet';
  }
  @Route(routes.powerOff)
  powerOff() {
    return 'off';
  }
  @Route(routes.sourcePowerOff)
  source(@Input() input: InputOf<typeof routes.sourcePowerOff>) {
    return input;
  }
}

let seen: string[] = [];
beforeEach(() => void (seen = []));
let app: NestFastifyApplication;
beforeAll(async () => {
  app = await bootDoor([Doors], {
    identify: async () => ({ sub: 'ana', rights: ['vm:read', 'vm:operate', 'vm:force'], via: 'bearer' }),
    origin: 'http://localhost:80',
    audit: {
      record: async (fact, { sub }) => void (fact.type === 'AuditCredentialSeen' && seen.push(`${sub} ${fact.route}`)),
    },
  });
});
afterAll(() => app.close());

const id = '420570c7-f61f-a930-77c5-1e876786cb3c';
const older = `/api/v1/vm/${id}/power-off`;
const headers = { 'idempotency-key': 'k' };
const post = (url: string, payload: object = {}) => app.inject({ method: 'POST', url, headers, payload });

it('T19: refuses a password in an address, and drops one in a body', async () => {
  const refused = await app.inject({ url: `/api/v1/vm/${id}/power-state?password=s3cret`, headers });
  expect(refused.statusCode).toBe(404); // nothing is mounted there in this process
  const query = await post(`${older}?password=s3cret`);
  expect(query.json()).toMatchObject({ status: 400, code: 'credentials_in_query_rejected', vm_id: id });
  expect(query.json().detail).toMatch(/address is in every log.*Nothing was done/);
  expect(query.headers).toMatchObject({ deprecation: expect.any(String), sunset: expect.any(String) });
  expect(seen.splice(0)).toEqual(['ana /api/v1/vm/{vm_id}/power-off']);
  const body = await post(older, { username: 'u', password: 's3cret', force: true });
  expect(body.json()).toMatchObject({ body: { force: true } });
  expect([query.body, body.body].join()).not.toContain('s3cret');
  expect(body.headers).toMatchObject({ deprecation: expect.any(String), sunset: expect.any(String) });
  expect(seen).toEqual(['ana /api/v1/vm/{vm_id}/power-off']);
});

it.each([
  'password',
  'PASSWD',
  'pwd',
  'secret',
  'token',
  'access_token',
  'apikey',
  'api_key',
  'credential',
  'Credentials',
])('knows a secret by its name, and deprecates nothing where none was ever taken: %s', async (name) => {
  const answer = await app.inject({ url: `/api/v1/fleet?group=a&${name}=s3cret` });
  expect(answer.json().code).toBe('credentials_in_query_rejected');
  expect([answer.headers['deprecation'], answer.headers['sunset'], seen]).toEqual([
    ...[undefined, undefined, ['ana /api/v1/fleet']],
  ]);
});

it.each(['tokens', 'page_token', 'secretary'])('takes no other name for a secret: %s', async (name) => {
  const answer = await app.inject({ url: `/api/v1/fleet?${name}=1` });
  expect(answer.json()).toMatchObject({ code: 'invalid_request', errors: [{ pointer: `?/${name}` }] });
  expect([answer.headers['deprecation'], seen]).toEqual([undefined, []]);
});

it.each([{ username: 'u' }, { password: 's3cret' }])('drops half of a sign-in as well: %j', async (half) => {
  const answer = await post(older, { ...half, force: true });
  expect([answer.statusCode, answer.json().body.force, seen]).toEqual([
    200,
    true,
    ['ana /api/v1/vm/{vm_id}/power-off'],
  ]);
});

it('says since when credentials in a body are deprecated, and that they are taken for a year from then', async () => {
  const { deprecation, sunset } = (await post(older, { password: 's3cret' })).headers;
  const since = Number(/^@(\d+)$/.exec(String(deprecation))?.[1]) * 1000;
  expect(Date.parse(String(sunset)) - since).toBe(365 * 24 * 3600_000);
});

it('deprecates nothing for who sends no credentials', async () => {
  const { statusCode, headers: said } = await post(older, { force: true });
  expect([statusCode, said['deprecation'], said['sunset'], seen]).toEqual([200, undefined, undefined, []]);
});

it('takes them out of bodies of the older paths only: elsewhere they are members that do not exist', async () => {
  const answer = await post(`/api/v1/vms/${id}/actions/power-off`, { username: 'u', password: 's3cret' });
  expect(answer.json()).toMatchObject({
    code: 'invalid_request',
    errors: [{ pointer: '/username' }, { pointer: '/password' }],
  });
  expect(seen).toEqual([]);
});

it.each(['null', '"password"', '["password"]', '7'])('looks for them in objects only: %s', async (payload) => {
  const json = { ...headers, 'content-type': 'application/json' };
  const { statusCode } = await app.inject({ method: 'POST', url: older, headers: json, payload });
  expect([statusCode, seen]).toEqual([payload === 'null' ? 200 : 400, []]);
});
