import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Problem } from '@drover/contracts';
import { httpAdapter } from './server.js';

let server: Awaited<ReturnType<typeof started>>;
const started = async () => {
  const adapter = await httpAdapter({ allowedHosts: ['drover.test'], trustedProxies: [] });
  const fastify = adapter.getInstance();
  const address = await fastify.listen({ host: '127.0.0.1', port: 0 });
  return { fastify, port: Number(new URL(address).port) };
};
beforeAll(async () => {
  server = await started();
});
afterAll(() => server.fastify.close());

/** What comes back for some bytes until the connection ends. */
const told = async (bytes: string) => {
  const socket = connect(server.port, '127.0.0.1').setEncoding('utf8');
  socket.write(bytes);
  let text = '';
  for await (const piece of socket) text += String(piece);
  const [head = '', body = ''] = text.split('\r\n\r\n');
  const header = (name: string) => new RegExp(`^${name}: (.*)$`, 'im').exec(head)?.[1]?.trim();
  const problem = Problem.parse(JSON.parse(body));
  return { status: Number(head.split(' ')[1]), header, problem };
};

it.each([
  ['bytes that are no HTTP', 'hello\r\n\r\n', 400, 'invalid_request'],
  [
    'two lengths of one body',
    'POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
    400,
    'invalid_request',
  ],
  ['headers without end', `GET / HTTP/1.1\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 400, 'invalid_request'],
  ['an address that is no text', 'GET /%ff HTTP/1.1\r\nConnection: close\r\n\r\n', 400, 'invalid_request'],
  [
    'an expectation nobody knows, like the request without it',
    'GET / HTTP/1.1\r\nHost: evil.test\r\nExpect: miracles\r\nConnection: close\r\n\r\n',
    403,
    'origin_refused',
  ],
  ['no Host', 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n', 403, 'origin_refused'],
])('refuses %s like everything else', async (_what, bytes, status, code) => {
  const { problem, header, ...answer } = await told(bytes);
  expect([answer.status, problem.status, problem.code]).toEqual([status, status, code]);
  expect(header('Content-Type')).toMatch(/^application\/problem\+json/);
  expect(header('Cache-Control')).toBe('no-store');
  expect(problem.requestId).toBe(header('X-Request-Id'));
});

it('says 408 to whoever never comes to the end', async () => {
  const late = Object.assign(new Error('late'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' });
  server.fastify.server.once('connection', (socket: Socket) => server.fastify.server.emit('clientError', late, socket));
  const { status, problem } = await told('GET / HTTP/1.1\r\n');
  expect([status, problem.code, problem.retryable]).toEqual([408, 'request_timeout', true]);
});

it('waits for a body no longer than for headers', () => {
  const { requestTimeout, headersTimeout } = server.fastify.server;
  expect([requestTimeout, headersTimeout]).toEqual([30_000, 30_000]);
});

it('K12: ends a connection on which nothing moves, longer than any answer is held', () => {
  expect(server.fastify.server.timeout).toBe(120_000);
  expect(server.fastify.server.timeout).toBeGreaterThan(55_000);
});
