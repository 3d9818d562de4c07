import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { Controller, Res } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { routes, type RouteDefinition } from '@drover/contracts';
import type { GuardPorts } from '../guard/guard-ports.js';
import type { Reply } from '../routes/request.js';
import { Route } from '../routes/routes.js';
import { bootDoor, watched } from '../testing.js';

const OPERATION = 'power.power-0af76519-16cd-43dd-8448-eb211c80319c.1';

@Controller()
class Some {
  @Route(routes.listVms)
  list() {
    return { items: [] };
  }
  @Route(routes.getOperation)
  operation() {
    return { id: OPERATION };
  }
  @Route(routes.powerOn)
  on(@Res({ passthrough: true }) reply: Reply) {
    reply.header('Location', `/api/v1/operations/${OPERATION}`);
    return {};
  }
  @Route(routes.listOperations)
  never() {
    return new Promise(() => {});
  }
  @Route(routes.live)
  live() {
    return { status: 'ok' };
  }
  @Route(routes.readWelcome)
  breaks() {
    throw new Error('no');
  }
}

const door: GuardPorts = {
  origin: 'http://localhost:80',
  identify: async ({ authorization }) =>
    authorization === 'Bearer good' ? { sub: 'ana', rights: ['vm:read', 'vm:operate'], via: 'bearer' } : null,
  audit: { record: async () => {} },
};

const { telemetry, lines, counts } = watched();
let app: NestFastifyApplication;
beforeAll(async () => {
  app = await bootDoor([Some], door, false, telemetry);
  await app.listen(0, '127.0.0.1');
});
afterAll(() => app.close());
beforeEach(() => {
  lines.length = 0;
  counts.clear();
});

const trace = '0af7651916cd43dd8448eb211c80319c';
const authorization = 'Bearer good';
const port = () => (app.getHttpServer().address() as AddressInfo).port;
/** The id that is said in the answer to some bytes. */
const told = async (bytes: string) => {
  const socket = connect(port(), '127.0.0.1').setEncoding('utf8');
  socket.write(bytes);
  let text = '';
  for await (const piece of socket) text += String(piece);
  return /^X-Request-Id: (.*)\r$/im.exec(text)?.[1];
};
const soon = () => new Promise((done) => setImmediate(done));
const asked = async (request: Parameters<NestFastifyApplication['inject']>[0] & object) => {
  const answer = await app.inject(request);
  await soon();
  return answer;
};

it('leaves one line for a request: who, what, which route, how it went; nothing of the address or the body', async () => {
  const canary = 'canary-7f3a9c';
  const headers = { authorization, 'x-request-id': 'r-1', traceparent: `00-${trace}-b7ad6b7169203331-01` };
  await asked({ url: `/api/v1/vms?name=${canary}`, headers: { ...headers, cookie: `drover_sid=${canary}` } });
  expect(lines).toEqual([
    {
      ...{ level: 'info', msg: 'request', requestId: 'r-1', method: 'GET', route: '/api/v1/vms', status: 200 },
      ...{ ms: expect.any(Number), bytes: null, actor: 'ana', via: 'bearer', traceId: trace },
    },
  ]);
  expect(counts.get('drover_http_requests_total GET,/api/v1/vms,200')).toBe(1);
  expect(counts.get('drover_http_request_seconds GET,/api/v1/vms')).toBe(1);
  const secret = { password: canary, mode: canary };
  await asked({ method: 'POST', url: `/api/v1/vms/${canary}/actions/power-on`, payload: secret, headers });
  await asked({ url: `/api/auth/welcome?token=${canary}`, headers: { authorization: `Bearer ${canary}` } });
  expect(lines).toHaveLength(3);
  expect(JSON.stringify(lines)).not.toContain(canary);
});

it('gives a request that has no good id one of its own, and says it to the client', async () => {
  for (const given of ['a\u0080b', 'x'.repeat(200), undefined]) {
    const { headers } = await asked({ url: '/api/v1/vms', headers: { ...(given && { 'x-request-id': given }) } });
    expect(headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    expect(lines.at(-1)).toMatchObject({ requestId: headers['x-request-id'] });
  }
});

it('says why a request was refused, and that nobody known asked', async () => {
  await asked({ url: '/api/v1/vms' });
  expect(lines).toMatchObject([{ status: 401, code: 'unauthenticated', actor: null, via: null }]);
  expect(counts.get('drover_http_requests_total GET,/api/v1/vms,401')).toBe(1);
});

it('names the operation that an answer names', async () => {
  const headers = { authorization, 'idempotency-key': 'k' };
  const vm = '0af76519-16cd-43dd-8448-eb211c80319c';
  await asked({ method: 'POST', url: `/api/v1/vms/${vm}/actions/power-on`, payload: {}, headers });
  await asked({ url: `/api/v1/operations/${OPERATION}`, headers });
  await asked({ url: '/api/v1/operations/nonsense', headers });
  expect(lines.map(({ route, operationId }) => [route, operationId])).toEqual([
    ['/api/v1/vms/{id}/actions/power-on', OPERATION],
    ['/api/v1/operations/{id}', OPERATION],
    ['/api/v1/operations/{id}', undefined],
  ]);
});

it('tells of those who look after the process only when somebody debugs', async () => {
  await asked({ url: '/health/live' });
  expect(lines).toMatchObject([{ level: 'debug', route: '/health/live', status: 200 }]);
});

it('has one name for all addresses that no route has, however many there are', async () => {
  for (let i = 0; i < 1_000; i++) await asked({ url: `/nowhere/${i}` });
  for (const method of ['PUT', 'DELETE', 'PATCH'] as const) await asked({ method, url: '/api/v1/vms' });
  await asked({ url: '/api/v1/vms', headers: { host: 'evil.test' } });
  expect(new Set(lines.map(({ route }) => route))).toEqual(new Set(['(none)', '/api/v1/vms']));
  expect(counts.size).toBeLessThan(20);
  expect(lines.at(-1)).toMatchObject({ route: '/api/v1/vms', status: 403, code: 'origin_refused' });
});

it('leaves a line for what could not be read, and for a tunnel', async () => {
  const ids = [await told('hello\u001b[2J\r\n\r\n'), await told('CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n')];
  expect(lines).toMatchObject([
    { requestId: ids[0], route: '(none)', status: 400, code: 'invalid_request' },
    { requestId: ids[1], route: '(none)', status: 405, code: 'method_not_allowed' },
  ]);
});

it('leaves one line for a request whose body does not come, under the id that is in its answer', async () => {
  const head = 'POST /api/v1/vms/x/actions/power-on HTTP/1.1\r\nHost: localhost:80\r\nX-Request-Id: r-7\r\n';
  const id = await told(`${head}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nno length\r\n`);
  while (lines.length === 0) await soon();
  expect(id).toBe('r-7');
  expect(lines).toMatchObject([
    { requestId: 'r-7', route: '/api/v1/vms/{id}/actions/power-on', status: 400, code: 'invalid_request' },
  ]);
});

it('says how many bytes the body of an answer has', async () => {
  await told('GET /health/live HTTP/1.1\r\nHost: localhost:80\r\nConnection: close\r\n\r\n');
  await told('HEAD /health/live HTTP/1.1\r\nHost: localhost:80\r\nConnection: close\r\n\r\n');
  while (lines.length < 2) await soon();
  expect(lines.map(({ bytes }) => bytes)).toEqual([15, 0]);
});

it('says of a client that left before its answer that it got none', async () => {
  const socket = connect(port(), '127.0.0.1');
  socket.write(`GET /api/v1/operations HTTP/1.1\r\nHost: localhost:80\r\nAuthorization: ${authorization}\r\n\r\n`);
  await new Promise((done) => setTimeout(done, 50));
  socket.destroy();
  while (lines.length === 0) await soon();
  expect(lines).toMatchObject([{ route: '/api/v1/operations', status: null, bytes: null, actor: 'ana' }]);
});

/** A door with every route of the catalogue; behind none of them is anything. */
const everyRoute = Object.values<RouteDefinition>(routes).map((route) => {
  class Nothing {
    answer() {
      return {};
    }
  }
  Controller()(Nothing);
  const method = Object.getOwnPropertyDescriptor(Nothing.prototype, 'answer');
  if (method) Route(route)(Nothing.prototype, 'answer', method);
  return Nothing;
});

it('names each route as the catalogue does, whether it lets somebody in, refuses him, or is not even asked', async () => {
  const seen = watched();
  const whole = await bootDoor(everyRoute, door, false, seen.telemetry);
  const headers = { 'content-type': 'application/json', 'idempotency-key': 'k' };
  for (const { method, path } of Object.values<RouteDefinition>(routes)) {
    const url = path.replace(/\{\w+\}/g, 'power.power-x.1');
    const payload = method === 'GET' ? {} : { payload: '{}' };
    seen.counts.clear();
    await whole.inject({ method, url, ...payload, headers: { ...headers, authorization } });
    await whole.inject({ method, url, ...payload, headers });
    await whole.inject({ method, url, ...payload, headers: { ...headers, host: 'evil.test' } });
    await soon();
    const told = [...seen.counts].filter(([key]) => key.startsWith('drover_http_requests_total '));
    expect(told.reduce((sum, [, count]) => sum + count, 0)).toBe(3);
    for (const [key] of told) expect(key).toContain(` ${method},${path},`);
  }
  await whole.close();
});
