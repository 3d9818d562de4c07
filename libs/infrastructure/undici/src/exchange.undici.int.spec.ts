import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { ConnectionId, ConnectionKind, type ConnectionTarget } from '@drover/kernel';
import { undiciOutboundHttp } from './outbound-http.undici.js';

const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
let server: Server;
beforeAll(async () => {
  server = createServer((request, response) => {
    if (request.url === '/encoded') response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb);
    else response.writeHead(200, { 'content-length': 60_000_000 }).write('x');
  });
  await new Promise<void>((done) => void server.listen(0, '127.0.0.1', done));
});
afterAll(() => void (server.closeAllConnections(), server.close()));

/** What becomes of a request for a path of the server. */
const asked = async (path: string) => {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
  const target: ConnectionTarget = {
    ...{
      id: ConnectionId.parse('lab'),
      kind: ConnectionKind.parse('vsphere'),
      url,
      credentialRef: null,
      allow: ['127.0.0.1'],
      revision: 1,
    },
    tls: { mode: 'system', value: null },
  };
  const http = undiciOutboundHttp();
  const request = { method: 'GET', url, timeoutMs: 5_000 } as const;
  return http.request(target, request, new AbortController().signal).finally(() => http.release(target));
};

it('K10: an answer that is encoded in a way that nobody asked for is refused unread', async () =>
  expect(asked('/encoded')).rejects.toMatchObject({
    code: 'unreadable',
    message: 'the answer is encoded as gzip, which nobody asked for',
  }));

it('K10: an answer that says that it is too large is refused before it is', async () =>
  expect(asked('/announced')).rejects.toMatchObject({ code: 'too_large', sent: 'maybe' }));
