import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { createServer, request as httpRequest, type IncomingMessage } from 'node:http';
import { connect as connectTo, type AddressInfo, type Socket } from 'node:net';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { close, httpAdapter, listen } from '@drover/api';
import { framesIn } from './testing.js';
import { house, TOKEN, type GatewayHouse } from '../testing.js';
import { GatewayModule } from './gateway.module.js';

let here: GatewayHouse;
let app: NestFastifyApplication;
let port: number;
beforeEach(async () => {
  here = await house({}, undefined, true);
  app = await NestFactory.create<NestFastifyApplication>(
    GatewayModule.of(here.gateway, here).module,
    await httpAdapter({ allowedHosts: ['localhost:80'], trustedProxies: [] }),
    { logger: false, abortOnError: false },
  );
  await app.init();
  await here.flows.start();
  await listen(app, '127.0.0.1', 0);
  port = (app.getHttpServer().address() as AddressInfo).port;
});
afterEach(async () => {
  await close(app, 1, () => here.stop.abort());
  await here.stopAll();
  expect(here.reports).toEqual([]);
});

const headers = { host: 'localhost:80', authorization: `Bearer ${TOKEN}`, accept: 'text/event-stream' };

/** Waits for something to be so, for ten seconds at most. */
const until = async (what: string, so: () => boolean) => {
  for (const end = performance.now() + 10_000; performance.now() < end;) {
    if (so()) return;
    await new Promise((done) => setTimeout(done, 5));
  }
  throw new Error(`not within ten seconds: ${what}`);
};

/** A client on a socket of its own. */
const stream = async (path = '/api/events/stream', more: Record<string, string> = {}) => {
  const asked = httpRequest({ port, host: '127.0.0.1', path, headers: { ...headers, ...more }, agent: false });
  asked.on('error', () => undefined);
  asked.end();
  const answer = await new Promise<IncomingMessage>((done) => asked.on('response', done));
  let [text, ended] = ['', false];
  answer.on('data', (bytes: Buffer) => void (text += bytes.toString()));
  answer.on('close', () => void (ended = true));
  answer.on('error', () => undefined);
  // The last frame may still be on its way.
  const frames = () => framesIn(text.slice(0, text.lastIndexOf('\n\n') + 2));
  const facts = () => frames().filter(({ event, id }) => id !== null && event !== 'bookmark');
  const me = {
    answer,
    frames,
    facts,
    ids: () => facts().map(({ id }) => id),
    ended: () => ended,
    cut: () => asked.destroy(),
  };
  await until('a bookmark', () => frames().some(({ event }) => event === 'bookmark') || answer.statusCode !== 200);
  return me;
};

it('T58: tells every proxy to pass on what comes, at once and unchanged', async () => {
  const { answer } = await stream();
  expect(answer.headers).toMatchObject({
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store, no-transform',
    'x-accel-buffering': 'no',
    'transfer-encoding': 'chunked',
    'x-request-id': expect.any(String),
    'x-content-type-options': 'nosniff',
  });
  expect(answer.headers['content-encoding']).toBeUndefined();
});

it('T51: resumes after a cut with exactly what was missed, by header and by address', async () => {
  await here.tell.connected();
  const me = await stream();
  for (const n of [1, 2]) await here.tell.discovered(n);
  await until('two facts', () => me.facts().length >= 2);
  me.cut();
  for (const n of [3, 4, 5, 6, 7]) await here.tell.discovered(n);
  await here.settled();
  const last = me.ids().at(-1) ?? '';
  const byHeader = await stream('/api/events/stream', { 'last-event-id': last });
  const byAddress = await stream(`/api/events/stream?last_event_id=${last}`);
  for (const back of [byHeader, byAddress]) {
    await until('five facts', () => back.facts().length >= 5);
    expect([...me.ids(), ...back.ids()]).toEqual([3, 4, 5, 6, 7, 8, 9].map((position) => `c1.k1-r1.${position}`));
  }
});

it('T-SSE-1: misses nothing while its line is cut again and again', async () => {
  const total = 400;
  const told = (async () => {
    for (let n = 0; n < total; n++) {
      await here.tell.discovered(n);
      if (n % 10 === 0) await new Promise((done) => setTimeout(done, 2));
    }
  })();
  const client = async (seed: number) => {
    const ids: (string | null)[] = [];
    for (let cuts = 0; ids.length < total; cuts++) {
      const last = ids.at(-1);
      const me = await stream(`/api/events/stream?last_event_id=${last ?? 'c1.k1-r1.0'}`);
      const enough = 5 + ((seed * 7 + cuts * 13) % 60);
      await until('some more', () => me.facts().length >= Math.min(enough, total - ids.length));
      me.cut();
      ids.push(...me.ids());
    }
    return ids;
  };
  const all = await Promise.all([1, 2, 3, 4, 5].map(client));
  await told;
  for (const ids of all) expect(ids).toEqual(Array.from({ length: total }, (_, i) => `c1.k1-r1.${i + 1}`));
});

/** A proxy that passes on so many bytes of a body and then breaks the line. */
const cuttingProxy = async () => {
  let left = Number.POSITIVE_INFINITY;
  const proxy = createServer((asked, answer) => {
    const upstream = httpRequest({ port, host: '127.0.0.1', path: asked.url, headers: asked.headers });
    upstream.on('error', () => answer.destroy());
    upstream.on('response', (given) => {
      answer.writeHead(given.statusCode ?? 502, { 'content-type': String(given.headers['content-type']) });
      given.on('data', (bytes: Buffer) => {
        const passed = bytes.subarray(0, left);
        left -= passed.length;
        answer.write(passed, () => left <= 0 && answer.destroy());
      });
      given.on('error', () => answer.destroy());
    });
    answer.on('close', () => upstream.destroy());
    upstream.end();
  });
  await new Promise<void>((done) => proxy.listen(0, '127.0.0.1', done));
  return {
    port: (proxy.address() as AddressInfo).port,
    cutAfter: (bytes: number) => void (left = bytes),
    close: () => new Promise<void>((done) => (proxy.closeAllConnections(), proxy.close(() => done()))),
  };
};

/** What a body held when its line broke, or once it held enough. */
const bodyBy = (at: number, lastEventId: string, enough: (text: string) => boolean) =>
  new Promise<string>((done, fail) => {
    const more = { ...headers, 'last-event-id': lastEventId };
    const asked = httpRequest({ port: at, host: '127.0.0.1', path: '/api/events/stream', headers: more, agent: false });
    asked.on('error', fail);
    asked.setTimeout(10_000, () => fail(new Error(`nothing more after ${lastEventId}`)));
    asked.on('response', (answer) => {
      let text = '';
      answer.on('data', (bytes: Buffer) => {
        text += bytes.toString();
        if (!enough(text)) return;
        done(text);
        asked.destroy();
      });
      answer.on('error', () => undefined);
      answer.on('close', () => done(text));
    });
    asked.end();
  });

/**
 * Clients, by what they make of a text that may end in the middle of a frame: the ids of the events they were given, the
 * id they would resume with, and whether they were told to start over.
 */
const clients = {
  /** The WHATWG rules: a frame counts with its empty line, and what is left at the end is dropped. */
  standard: (text: string) => {
    const whole = text.slice(0, text.lastIndexOf('\n\n') + 2);
    return { text: whole, last: [...whole.matchAll(/^id: (.+)\n/gm)].at(-1)?.[1] };
  },
  /** Adopts an id with its line (eventsource 2, fetch-event-source). */
  eager: (text: string) => ({
    text: text.slice(0, text.lastIndexOf('\n\n') + 2),
    last: [...text.matchAll(/^id: (.+)\n/gm)].at(-1)?.[1],
  }),
  /** Takes what is left at the end for a frame (r3labs/sse). */
  greedy: (text: string) => ({ text: `${text}\n\n`, last: [...text.matchAll(/^id: (.+)$/gm)].at(-1)?.[1] }),
} as const;

/** The id of the event in a line of data; nothing when the data did not come whole. */
const eventIn = (json: string) => {
  try {
    return [(JSON.parse(json) as { id: string }).id];
  } catch {
    return [];
  }
};
const eventsIn = (text: string) =>
  [...text.matchAll(/^data: (\{"specversion".*)$/gm)].flatMap(([, json = '']) => eventIn(json));

it('K32: a cut at any byte of a frame, but the one behind the line of its id, loses nothing at any client', async () => {
  await here.tell.connected();
  await here.tell.discovered(1);
  await here.settled();
  const proxy = await cuttingProxy();
  const told = (count: number) => (text: string) => eventsIn(text).length >= count && text.endsWith('\n\n');
  const begin = 'c1.k1-r1.0';
  const all = await bodyBy(proxy.port, begin, told(3));
  const ids = eventsIn(all);
  expect(ids).toHaveLength(3);
  const resumed = new Map<string, Promise<string>>();
  const resume = (last: string) => {
    const known = resumed.get(last) ?? bodyBy(port, last, (text) => /^event: reset/m.test(text) || hasAll(text, last));
    resumed.set(last, known);
    return known;
  };
  const after = (last: string) => ids.slice(Number(last.split('.').at(-1)));
  const hasAll = (text: string, last: string) => told(after(last).length)(text) && text.includes('event: bookmark');

  const lost: string[] = [];
  const end = all.indexOf('\n\n', all.indexOf(ids[1] ?? '')) + 2; // the frames of control, and two events
  for (let cut = all.indexOf('event: hello'); cut <= end; cut++) {
    proxy.cutAfter(cut);
    const text = await bodyBy(proxy.port, begin, () => false);
    expect(text).toHaveLength(cut);
    const behindId = /\nid: [^\n]*\n$/.test(text);
    for (const [name, read] of Object.entries(clients)) {
      const seen = read(text);
      const rest = await resume(seen.last ?? begin);
      const got = new Set([...eventsIn(seen.text), ...eventsIn(rest)]);
      const missed = ids.filter((id) => !got.has(id)).length;
      if (missed > 0 && !/^event: reset/m.test(rest) && !(name === 'eager' && behindId)) lost.push(`${name} at ${cut}`);
    }
  }
  await proxy.close();
  expect(lost).toEqual([]);
}, 120_000);

/** A client that asks and then does not read. */
const stalled = async () => {
  const socket: Socket = connectTo({ port, host: '127.0.0.1' });
  socket.on('error', () => undefined);
  await new Promise<void>((done) => socket.on('connect', () => done()));
  const lines = Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('');
  socket.pause();
  socket.write(`GET /api/events/stream HTTP/1.1\r\n${lines}\r\n`);
  return socket;
};

it('T57: cuts off a reader that does not read; the others hear of everything meanwhile', async () => {
  const server = app.getHttpServer();
  const connections = () => new Promise<number>((done) => server.getConnections((_, count) => done(count)));
  const healthy = await stream();
  const socket = await stalled();
  const end = performance.now() + 10_000;
  while ((await connections()) < 2 && performance.now() < end) await here.settled();
  expect(await connections()).toBe(2);
  const description = 'x'.repeat(4000);
  let told = 0;
  for (let now = 2; now > 1 && told < 8000; now = await connections()) {
    for (let i = 0; i < 50; i++, told++) await here.tell.discovered(told, description);
    await here.settled();
    await until('the healthy reader', () => healthy.facts().length >= told);
    await here.clock.advance(1000);
  }
  expect(await connections()).toBe(1);
  expect(healthy.ids()).toEqual(Array.from({ length: told }, (_, i) => `c1.k1-r1.${i + 1}`));
  expect(healthy.ended()).toBe(false);
  socket.destroy();
}, 30_000);

it('says good-bye before the server closes, and does not hold it up', async () => {
  const me = await stream();
  const began = performance.now();
  await close(app, 20, () => here.stop.abort());
  expect(performance.now() - began).toBeLessThan(15_000); // after twenty seconds it would be cut
  await until('the end', () => me.ended());
  expect(me.frames().at(-1)).toMatchObject({ event: 'bye', data: { reason: 'shutdown' } });
});
