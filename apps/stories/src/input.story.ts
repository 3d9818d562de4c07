// What is wrong with a request, from broken JSON to a stray byte on the wire: each gets its problem and changes nothing.
// Sent by raw sockets where an HTTP client would correct it.
import { request } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Api } from './api.js';
import { startedHouse, within, type House } from './house.js';

let house: House;
let api: Api;
let path: string;
beforeAll(async () => {
  house = await startedHouse({ DROVER_SIMULATOR_VMS: '20' });
  api = house.api();
  path = `/api/v1/vms/${(await api.vms('?limit=1')).body.items[0]?.id}/actions/power-off`;
}, within);
afterAll(() => house[Symbol.asyncDispose]());

it.each([
  ['broken JSON', '{"mode":', 400, 'invalid_request'],
  ['a list where an object is due', '[]', 400, 'invalid_request'],
  ['an unknown member', '{"mood":"soft"}', 400, 'invalid_request'],
  ['a wrong type', '{"timeoutSeconds":"long"}', 400, 'invalid_request'],
  ['a number out of range', '{"timeoutSeconds":0}', 400, 'invalid_request'],
  ['a poisoned prototype', '{"__proto__":{"admin":true}}', 400, 'invalid_request'],
  ['a body that is too large', `{"reason":"${'x'.repeat(300 * 1024)}"}`, 413, 'body_too_large'],
  ['a member that is too large', `{"reason":"${'x'.repeat(70 * 1024)}"}`, 413, 'body_too_large'],
  ['a body without end of depth', `{"reason":${'['.repeat(5000)}${']'.repeat(5000)}}`, 413, 'body_too_large'],
])(
  'answers %s with a problem, and does nothing',
  async (_, body, status, code) => {
    const answer = await api.problem(path, body);
    expect([answer.status, answer.body]).toMatchObject([
      status,
      { code, requestId: expect.any(String), instance: path },
    ]);
    expect(answer.headers.get('content-type')).toContain('problem+json');
  },
  within,
);

it.each([
  '/api/v1/events?vm=',
  '/api/v1/events?after=',
  '/api/v1/vms?fields=',
  '/api/v1/vms?name=a,,b',
  '/api/v1/operations?vm=',
  '/api/v1/vms/lookup?name=',
  '/api/v1/vms/lookup?name=%',
  '/api/v1/vms/lookup?name=%ff',
  '/api/v1/vms/lookup?name=web%00',
  '/api/v1/vm/web%0a01/power-state',
  '/api/events/stream?vm=',
])(
  'K39: %s is a mistake, not a request for everything',
  async (address) => {
    const { status, body } = await api.get<{ code: string }>(address);
    expect([status, body.code]).toEqual([400, 'invalid_request']);
  },
  within,
);

it.each([
  ['a member twice', '{"mode":"soft","mode":"hard"}'],
  ['a control character in a name', '{"confirmName":"web\\u000701"}'],
  ['half of a character', '{"reason":"\\ud83d"}'],
])(
  'K39: a body with %s is refused',
  async (_, body) => {
    const answer = await api.problem(path, body);
    expect([answer.status, answer.body.code]).toEqual([400, 'invalid_request']);
  },
  within,
);

it(
  'K39: a key of more than 255 characters is refused, and lines in a reason are not',
  async () => {
    const reason = { reason: 'first line\nsecond line' };
    const long = await api.problem(`${path}?dryRun=true`, reason, { 'idempotency-key': 'k'.repeat(256) });
    expect([long.status, long.body.code]).toEqual([400, 'invalid_request']);
    const fine = await api.post(`${path}?dryRun=true`, reason, { 'idempotency-key': 'k'.repeat(255) });
    expect(fine.body).not.toMatchObject({ code: 'invalid_request' });
  },
  within,
);

it(
  'K35: names no host but its own, whatever the request says',
  async () => {
    const { hostname, port, host } = new URL(house.url);
    const said = async (lines: readonly string[]) => {
      const socket = connect(Number(port), hostname);
      socket.write([...lines, `Authorization: ${api.authorization}`, 'Connection: close', '', ''].join('\r\n'));
      let text = '';
      for await (const piece of socket.setEncoding('utf8')) text += String(piece);
      expect(text).not.toContain('evil');
      return Number(text.split(' ')[1]);
    };
    for (const target of ['/api/v1/vms?limit=1', '/api/docs', '/api/auth/session']) {
      expect(await said([`GET http://${host}${target} HTTP/1.1`, 'Host: evil.test'])).toBe(200);
      expect(await said([`GET http://evil.test${target} HTTP/1.1`, `Host: ${host}`])).toBe(403);
      expect(await said([`GET ${target} HTTP/1.1`, `Host: ${host}`, 'Host: evil.test'])).toBe(400);
      expect(await said([`GET ${target} HTTP/1.1`, `Host: ${host}`, 'X-Forwarded-Host: evil.test'])).toBe(200);
    }
  },
  within,
);

it(
  'tells who may not in from who may not',
  async () => {
    const bare = await fetch(`${house.url}/api/v1/fleet`);
    expect([bare.status, ((await bare.json()) as { code: string }).code]).toEqual([401, 'unauthenticated']);
    const wrong = await fetch(`${house.url}/api/v1/fleet`, { headers: { authorization: 'Bearer nonsense' } });
    expect(wrong.status).toBe(401);
    const status = await new Promise<number>((done) =>
      request(
        `${house.url}/api/v1/fleet`,
        { headers: { host: 'evil.test', authorization: api.authorization } },
        (answer) => {
          answer.resume();
          done(answer.statusCode ?? 0);
        },
      ).end(),
    );
    expect(status).toBe(403);
  },
  within,
);

it(
  'knows what it does not know',
  async () => {
    const unknown = '11111111-2222-3333-4444-555555555555';
    expect((await api.get(`/api/v1/vms/${unknown}`)).status).toBe(404);
    expect((await api.problem(`/api/v1/vms/${unknown}/actions/power-off`)).status).toBe(404);
    expect((await api.get('/api/v1/operations/power.power-x.1')).status).toBe(404);
    expect((await api.get('/api/v1/operations/nobody.x-1.1')).status).toBe(404);
    expect((await api.get('/api/v1/nowhere')).body).toMatchObject({ code: 'not_found' });
    expect((await api.get('/api/v1/vms/not-an-id')).status).toBe(400);
    expect((await api.get('/api/v1/events?after=c1.k99.5')).status).toBe(410);
  },
  within,
);

it(
  'tells an address that takes other methods from one that there is not',
  async () => {
    const { items } = (await api.vms('?limit=1')).body;
    const allowed = [
      ['DELETE', `/api/v1/vms/${items[0]?.id}`, 'GET, HEAD, PATCH'],
      ['GET', '/api/v1/vms/actions/power-off', 'POST'],
      ['OPTIONS', '/api/v1/fleet', 'GET, HEAD'],
    ] as const;
    for (const [method, address, allow] of allowed) {
      const { status, body, headers } = await api.send(method, address);
      expect([status, body, headers.get('allow')]).toMatchObject([405, { code: 'method_not_allowed' }, allow]);
    }
    expect((await api.send('PATCH', '/api/v1/nowhere')).status).toBe(404);
  },
  within,
);

it(
  'takes a body that turns out to be empty for none',
  async () => {
    const { items } = (await api.vms('?limit=1')).body;
    const status = await new Promise<number>((done) =>
      request(
        `${house.url}/api/v1/vms/${items[0]?.id}/actions/power-on?dryRun=true`,
        {
          method: 'POST',
          headers: { authorization: api.authorization, 'idempotency-key': 'k', 'transfer-encoding': 'chunked' },
        },
        (answer) => {
          answer.resume();
          done(answer.statusCode ?? 0);
        },
      ).end(),
    );
    expect(status).toBe(202);
  },
  within,
);

it(
  'takes a stray byte on the wire for what it is',
  async () => {
    const { hostname, port } = new URL(house.url);
    const answer = await new Promise<string>((done) => {
      const socket = connect(Number(port), hostname, () => socket.write('NOT HTTP\r\n\r\n'));
      let text = '';
      socket.on('data', (bytes) => (text += bytes.toString()));
      socket.on('close', () => done(text));
    });
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect((await fetch(`${house.url}/health/live`)).status).toBe(200);
  },
  within,
);

it(
  'answers a HEAD with the headers of the GET, the stream included',
  async () => {
    for (const address of ['/api/v1/fleet', '/api/events/stream']) {
      const answer = await fetch(`${house.url}${address}`, {
        method: 'HEAD',
        headers: { authorization: api.authorization },
      });
      expect([answer.status, await answer.text()]).toEqual([200, '']);
    }
  },
  within,
);

it('K39: an empty If-Match is no ETag of a machine: nothing is done', async () => {
  const api = house.api();
  for (const seen of ['', ' ', '""']) {
    const { status, body } = await api.post(path, { mode: 'hard' }, { 'if-match': seen });
    expect([seen, status, body]).toMatchObject([seen, 412, { code: 'version_mismatch' }]);
  }
});
