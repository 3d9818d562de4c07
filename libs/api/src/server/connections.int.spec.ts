// What a connection may do to the others, and how it ends: real sockets against the server of every door.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { INestApplication } from '@nestjs/common';
import { hold } from './connections.js';
import { Readiness } from '../health/readiness.js';
import { close, httpAdapter } from './server.js';

const LARGE = 'x'.repeat(200_000);
type Server = Awaited<ReturnType<typeof started>>;
const started = async () => {
  const adapter = await httpAdapter({ allowedHosts: ['drover.test'], trustedProxies: [] });
  const fastify = adapter.getInstance();
  const begun: string[] = [];
  const held: (() => void)[] = [];
  fastify.get('/quick', async () => 'quick');
  fastify.get('/large', async ({ id }) => {
    begun.push(id);
    return LARGE;
  });
  fastify.get('/costly', async ({ id }) => {
    begun.push(id);
    for (const end = performance.now() + 6; performance.now() < end;); // more than begins in one turn
    return 'costly';
  });
  fastify.get('/slow', ({ id, query }, reply) => {
    begun.push(id);
    if (query && typeof query === 'object' && 'hold' in query) hold(reply.raw);
    held.push(() => void reply.send('slow'));
  });
  fastify.post('/body', async ({ body }) => JSON.stringify(body ?? null));
  fastify.get('/health/live', async () => 'alive');
  const port = Number(new URL(await fastify.listen({ host: '127.0.0.1', port: 0 })).port);
  const readiness = new Readiness();
  // Of Nest's application the stop uses these and no more.
  const app = {
    get: () => readiness,
    getHttpAdapter: () => adapter,
    getHttpServer: () => fastify.server,
    close: () => fastify.close(),
  } as unknown as INestApplication;
  return { fastify, port, begun, held, stop: () => close(app, 20, () => {}) };
};

let server: Server;
const sockets: Socket[] = [];
beforeEach(async () => void (server = await started()));
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await server.stop();
});

/** A client that writes what it likes, and keeps what it heard. It never closes by itself. */
const dial = (write = '') => {
  const socket = connect({ port: server.port, host: '127.0.0.1', allowHalfOpen: true });
  sockets.push(socket);
  const client = { socket, text: '', over: false };
  socket.setEncoding('latin1').on('data', (piece: string) => void (client.text += piece));
  for (const end of ['end', 'close', 'error']) socket.on(end, () => void (client.over = true));
  socket.write(write);
  return client;
};
type Client = ReturnType<typeof dial>;
const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: drover.test\r\n\r\n`;
const statusesOf = ({ text }: Client) => [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
const until = async (so: () => boolean) => {
  while (!so()) await new Promise((done) => setTimeout(done, 5));
};
/** The statuses of so many answers, or of all there are until the end. */
const heard = async (client: Client, count = Infinity) => {
  await until(() => client.over || statusesOf(client).length >= count);
  return statusesOf(client);
};
const answerHeld = () => {
  for (const answer of server.held.splice(0)) answer();
};

it('K11: works on 16 requests of a connection, keeps 64 more, and says 429 to the rest, in their order', async () => {
  const client = dial(get('/slow').repeat(100));
  await until(() => server.begun.length === 16);
  expect(await heard(dial(get('/quick')), 1)).toEqual([200]);
  expect(server.begun).toHaveLength(16);
  await until(() => {
    answerHeld();
    return statusesOf(client).length === 100;
  });
  expect(statusesOf(client)).toEqual([...Array<number>(80).fill(200), ...Array<number>(20).fill(429)]);
  expect(client.text).toMatch(/429 .*?retry-after: 1\r\n/is);
  expect(client.text).toContain('"code":"rate_limited"');
});

it('K11: closes a connection that goes on asking when it was refused, behind what it was promised', async () => {
  const client = dial(get('/slow').repeat(400));
  await until(() => server.begun.length === 16);
  await until(() => {
    answerHeld();
    return client.over;
  });
  expect(statusesOf(client)).toEqual([...Array<number>(80).fill(200), ...Array<number>(65).fill(429)]);
});

it('K11: what is held for something to come does not count', async () => {
  dial(get('/slow?hold').repeat(40) + get('/slow').repeat(40));
  await until(() => server.begun.length === 40 + 16);
});

it('K11: begins nothing more of a connection that does not read what it was answered', async () => {
  const client = dial();
  client.socket.pause();
  client.socket.write(get('/large').repeat(80));
  await until(() => server.begun.length >= 5);
  for (let n = 0; n < 20; n++) expect(await heard(dial(get('/quick')), 1)).toEqual([200]);
  expect(server.begun.length).toBeLessThan(50); // of the buffers of the system some megabytes are full, too
  client.socket.resume();
  expect(new Set(await heard(client, 80))).toEqual(new Set([200]));
});

it('K11: health is free of limits, but for who asks for it a hundred times at once', async () => {
  dial(get('/slow').repeat(80));
  await until(() => server.begun.length === 16);
  expect(await heard(dial(get('/health/live').repeat(16)), 16)).toEqual(Array(16).fill(200));
  const flood = await heard(dial(get('/health/live').repeat(120)), 120);
  expect(flood).toEqual([...Array<number>(80).fill(200), ...Array<number>(40).fill(429)]);
});

it('K11: who connects behind very many others is heard before their work is done', async () => {
  for (let n = 0; n < 150; n++) dial(get('/costly'));
  expect(await heard(dial(get('/health/live')), 1)).toEqual([200]);
  expect(server.begun.length).toBeLessThan(75); // one connection is let in a turn: each of theirs once went first
});

it('K12: a connection that was refused is gone soon, though the peer neither closes nor reads on', async () => {
  const gone: Promise<unknown>[] = [];
  server.fastify.server.on('connection', (socket: Socket) => void gone.push(once(socket, 'close')));
  const refused = [
    'hello\r\n\r\n',
    `GET / HTTP/1.1\r\nX: ${'x'.repeat(20_000)}`,
    'CONNECT drover.test:80 HTTP/1.1\r\nHost: drover.test\r\n\r\n',
  ].map((bytes) => dial(bytes));
  expect(await Promise.all(refused.map((client) => heard(client)))).toEqual([[400], [400], [405]]);
  expect(refused.at(-1)?.text).toContain('"hint":"Take it out of the proxies of the client."');
  expect(gone).toHaveLength(3);
  await Promise.all(gone); // these ends stay open
});

it('K12: a body that never comes is answered 408 by itself, and its connection is gone', async () => {
  const late = Object.assign(new Error('late'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' });
  let theirs: Socket | undefined;
  server.fastify.server.once('connection', (socket: Socket) => void (theirs = socket));
  const client = dial(
    'POST /body HTTP/1.1\r\nHost: drover.test\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{',
  );
  await until(() => (theirs?.bytesRead ?? 0) > 90);
  const ended = once(theirs as Socket, 'close');
  server.fastify.server.emit('clientError', late, theirs);
  expect(await heard(client)).toEqual([408]);
  await ended;
});

it('K12: what cannot be read behind a request that was taken spoils nothing of its answer', async () => {
  const client = dial(`${get('/slow')}no HTTP at all\r\n\r\n`);
  await until(() => server.held.length === 1);
  answerHeld();
  expect(await heard(client)).toEqual([200]);
  expect(client.text).toMatch(/connection: close/i);
});

it('K38: a body that is refused takes nobody the answer: neither its own nor the next', async () => {
  const post = (body: string) =>
    `POST /body HTTP/1.1\r\nHost: drover.test\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  for (const [body, status] of [
    ['{"a":', 400],
    ['x'.repeat(5_000_000), 413],
  ] as const)
    expect(await heard(dial(post(body) + get('/quick')), 2)).toEqual([status, 200]);
});

it('K38: while it stops, answers say that the connection ends, and the last one of a pipeline says it alone', async () => {
  const client = dial(get('/slow').repeat(3));
  await until(() => server.held.length === 3);
  const stopped = server.stop();
  answerHeld();
  expect(await heard(client)).toEqual([200, 200, 200]);
  expect([...client.text.matchAll(/connection: (\S+)/gi)].map(([, word]) => word)).toEqual([
    'keep-alive',
    'keep-alive',
    'close',
  ]);
  await stopped;
});

it('K38: a client between two requests gets the answer of its next one before the connection ends', async () => {
  const [client, silent, holder] = [dial(get('/quick')), dial(get('/quick')), dial(get('/slow'))];
  await Promise.all([heard(client, 1), heard(silent, 1), until(() => server.held.length === 1)]);
  const stopped = server.stop();
  await new Promise((done) => setTimeout(done, 100));
  client.socket.write(get('/quick'));
  expect(await heard(client)).toEqual([200, 200]);
  expect(client.text).toMatch(/connection: close/i);
  await until(() => silent.over); // it asked nothing more: it ends all the same
  answerHeld();
  expect(await heard(holder)).toEqual([200]);
  await stopped;
});

it.each([
  ['our own host', `GET http://drover.test/quick HTTP/1.1\r\nHost: drover.test\r\n\r\n`, 200],
  ['our own host, whatever Host says', `GET http://Drover.test/quick HTTP/1.1\r\nHost: evil.test\r\n\r\n`, 200],
  ['a foreign one', `GET http://evil.test/quick HTTP/1.1\r\nHost: drover.test\r\n\r\n`, 403],
  ['a user before our host', `GET http://evil.test@drover.test/quick HTTP/1.1\r\nHost: drover.test\r\n\r\n`, 403],
  ['two hosts', `GET /quick HTTP/1.1\r\nHost: drover.test\r\nHost: drover.test\r\n\r\n`, 400],
  ['an address that does not begin with a slash', `GET http:quick HTTP/1.1\r\nHost: drover.test\r\n\r\n`, 400],
])('K35: an address with %s', async (_, bytes, status) => {
  const client = dial(bytes);
  expect(await heard(client, 1)).toEqual([status]);
  expect(client.text).not.toMatch(/evil/);
});

it.each(['/quick?name=%', '/quick?name=%ff', '/quick?name=a%00b', '/quick?name=%0d%0aSet-Cookie:a', '/qu%c2%85ick'])(
  'K39: %s is no address',
  async (path) => {
    const client = dial(get(path));
    expect(await heard(client, 1)).toEqual([400]);
    await until(() => client.text.includes('"code":"invalid_request"'));
  },
);

it.each([
  ['bytes that are no UTF-8', Buffer.from('7b2261223a22ff227d', 'hex'), 400],
  ['a member twice', Buffer.from('{"a":1,"b":{"a":2},"\\u0061":3}'), 400],
  ['the same name in other objects', Buffer.from('{"a":[{"a":"a"},{"a":"\\"a\\":1"}]}'), 200],
])('K39: a body with %s', async (_, body, status) => {
  const head = `POST /body HTTP/1.1\r\nHost: drover.test\r\nContent-Type: application/json\r\n`;
  const client = dial(`${head}Content-Length: ${body.length}\r\n\r\n`);
  client.socket.write(body);
  expect(await heard(client, 1)).toEqual([status]);
});
