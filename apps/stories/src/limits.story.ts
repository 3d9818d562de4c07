// Clients that ask too much, too fast or too slowly: they get their refusal, and nobody else waits. Raw sockets, because an
// HTTP client is too polite. Memory is read from outside of the process.
import { Agent, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Operation, Page } from '@drover/contracts';
import { floodOf } from '../../../tools/faultbench/flood.js';
import { figure } from '../../../tools/faultbench/tier.js';
import { apiOf, until } from './api.js';
import { peakMemory, startedHouse, within, type House } from './house.js';

let house: House;
let authorization: string;
beforeAll(async () => {
  house = await startedHouse();
  ({ authorization } = house.api());
}, within);
afterAll(() => house[Symbol.asyncDispose]());

/** What the process holds in memory at most, whatever is asked of it. */
const MOST_BYTES = 512e6;
const FLOOD = { rate: 1_000, seconds: figure(10, 60) };

const open: Socket[] = [];
const dial = () => {
  const { hostname, port, host } = new URL(house.url);
  const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true }).on('error', () => {});
  open.push(socket);
  const client = { socket, host, text: '', over: false };
  socket.setEncoding('latin1').on('data', (piece: string) => void (client.text += piece));
  for (const end of ['end', 'close']) socket.on(end, () => void (client.over = true));
  return client;
};
const hangUp = () => {
  for (const socket of open.splice(0)) socket.destroy();
};
type Client = ReturnType<typeof dial>;
const head = ({ host }: Client, line: string, more = '') =>
  `${line} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: ${authorization}\r\n${more}\r\n`;
const statusesOf = ({ text }: Client) => [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));
/** Waits until it is so, for a while. */
const settled = async (so: () => boolean, ms = 40_000) => {
  for (const end = performance.now() + ms; !so() && performance.now() < end;) await pause(20);
};

/** How long a client that asks one thing after another waits: 95 of 100 answers come within this many milliseconds. */
const p95 = async (path: string, over: () => boolean) => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const took: number[] = [];
  while (!over()) {
    const begun = performance.now();
    const status = await new Promise<number>((done, fail) =>
      request(`${house.url}${path}`, { agent, headers: { authorization } }, (answer) => {
        answer.resume().on('end', () => done(answer.statusCode ?? 0));
      })
        .on('error', fail)
        .end(),
    );
    expect(status).toBe(200);
    took.push(performance.now() - begun);
    await pause(20);
  }
  agent.destroy();
  return took.sort((a, b) => a - b)[Math.floor(took.length * 0.95)] ?? 0;
};

it(
  'K11: fifty clients that each ask sixty things at once delay nobody else for a second',
  async () => {
    const clients = Array.from({ length: 50 }, dial);
    for (const client of clients) client.socket.write(head(client, 'GET /api/v1/vms?limit=200').repeat(60));
    let over = false;
    const waited = Promise.all(['/health/live', '/api/v1/vms?limit=50'].map((path) => p95(path, () => over)));
    await settled(() => clients.every((client) => statusesOf(client).length === 60), 50_000);
    over = true;
    const [live = 0, list = 0] = await waited;
    expect([live, list].filter((ms) => ms > 1000)).toEqual([]);
    for (const client of clients) expect(new Set(statusesOf(client))).toEqual(new Set([200]));
    hangUp();
  },
  within,
);

it(
  'K11: answers that are held do not count: what is asked behind twenty of them begins',
  async () => {
    const api = house.api();
    const { items, position } = (await api.vms('?power=poweredOff&limit=1')).body;
    const client = dial();
    const poll = head(client, `GET /api/v1/events?wait=50&vm=11111111-2222-3333-4444-555555555555&after=${position}`);
    const request = 'Content-Type: application/json\r\nIdempotency-Key: behind\r\nContent-Length: 2\r\n';
    client.socket.write(
      `${poll.repeat(20)}${head(client, `POST /api/v1/vms/${items[0]?.id}/actions/power-on`, request)}{}`,
    );
    const asked = async () =>
      (await api.get<Page<Operation>>(`/api/v1/operations?vm=${items[0]?.id}`)).body.items.length;
    await until(asked, (count) => count > 0);
    expect(await asked()).toBe(1);
    expect(statusesOf(client)).toEqual([]);
    hangUp();
  },
  within,
);

it(
  'T-LIM-1, K12: floods and slow clients get their refusals, no fault, and delay nobody',
  async () => {
    const path = `/api/v1/vms/${(await house.api().vms('?limit=1')).body.items[0]?.id}/actions/power-on`;
    const json = 'Content-Type: application/json\r\nIdempotency-Key: k\r\n';
    const halfOpen = Array.from({ length: 200 }, dial);
    for (const [n, client] of halfOpen.entries())
      client.socket.write(n % 2 === 0 ? 'GET /api/v1/fl' : head(client, 'GET /api/v1/fleet').slice(0, -2));
    const slow = Array.from({ length: 200 }, dial);
    for (const client of slow) client.socket.write(head(client, `POST ${path}`, `${json}Content-Length: 1000\r\n`));
    const drip = setInterval(() => {
      for (const { socket } of slow) if (socket.writable) socket.write(' ');
    }, 1000);
    const bodies = [
      [`x`.repeat(5_000_000), 413],
      [`${'['.repeat(10_000)}${']'.repeat(10_000)}`, 413],
      [`{"reason":${'['.repeat(10_000)}${']'.repeat(10_000)}}`, 413],
    ] as const;
    const refused = bodies.map(([body, status]) => {
      const client = dial();
      client.socket.write(head(client, `POST ${path}`, `${json}Content-Length: ${body.length}\r\n`));
      client.socket.write(body);
      return { client, status };
    });
    const parameters = dial();
    const query = Array.from({ length: 1000 }, (_, n) => `p${n}=1`).join('&');
    parameters.socket.write(head(parameters, `GET /api/v1/vms?${query}`));

    let over = false;
    const waited = Promise.all(['/health/live', '/api/v1/vms?limit=50'].map((one) => p95(one, () => over)));
    await settled(() => [...halfOpen, ...slow].every((client) => client.over), 45_000);
    over = true;
    clearInterval(drip);
    expect((await waited).filter((ms) => ms > 1000)).toEqual([]);
    for (const client of [...halfOpen, ...slow]) expect([client.over, ...statusesOf(client)]).toEqual([true, 408]);
    for (const { client, status } of refused) expect(statusesOf(client)).toEqual([status]);
    expect(statusesOf(parameters)).toEqual([400]);
    expect((await house.api().fleet()).status).toBe(200);
    hangUp();
  },
  within,
);

it(
  `T-LIM-1: ${FLOOD.rate} requests a second by one principal delay nobody else; what is one too many is told when to come again`,
  async () => {
    let over = false;
    const waited = Promise.all(['/health/live', '/api/v1/vms?limit=50'].map((one) => p95(one, () => over)));
    const flooding = floodOf(`${house.url}/api/v1/fleet`, FLOOD.rate, FLOOD.seconds, authorization);
    const burst = dial();
    burst.socket.write(head(burst, 'GET /api/v1/fleet').repeat(120)); // 16 at work, 64 that wait
    await settled(() => statusesOf(burst).length === 120);
    const { sent, statuses, withoutRetryAfter } = await flooding;
    over = true;
    expect((await waited).filter((ms) => ms > 1000)).toEqual([]);
    expect(sent).toBeGreaterThan((FLOOD.rate * FLOOD.seconds) / 2); // a machine that is busy sends fewer
    expect([Object.keys(statuses).filter((status) => !['200', '429'].includes(status)), withoutRetryAfter]).toEqual([
      [],
      0,
    ]);
    expect(statuses['200']).toBeGreaterThan(sent / 10);
    expect(statusesOf(burst).filter((status) => status === 429).length).toBeGreaterThan(0);
    expect(burst.text).toMatch(/429 [^]*?\r\nretry-after: \d+\r\n/i);

    const strangers = await Promise.all(Array.from({ length: 10 }, () => apiOf(house.url, 'nobody').fleet()));
    expect(strangers.map(({ status }) => status).sort()).toEqual([...Array(5).fill(401), ...Array(5).fill(429)]);
    for (const { status, headers } of strangers) expect(Number(headers.get('retry-after')) > 0).toBe(status === 429);
    expect((await house.api().fleet()).status).toBe(200);
    expect(peakMemory(house.pid())).toBeLessThan(MOST_BYTES);
    hangUp();
  },
  figure(within, 3 * within),
);

it(
  'K38: a client that asks each 100 ms sees no reset when Drover stops with requests that are held',
  async () => {
    const api = house.api();
    const { items } = (await api.vms('?power=poweredOn&limit=20')).body;
    const held = items.map((vm) =>
      api.post(`/api/v1/vms/${vm.id}/actions/power-off`, { mode: 'soft' }, { prefer: 'wait=20' }),
    );
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const seen: string[] = [];
    let stopped = false;
    const asking = (async () => {
      while (!stopped) {
        seen.push(
          await new Promise<string>((done) =>
            request(`${house.url}/api/v1/fleet`, { agent, headers: { authorization } }, (answer) => {
              answer.resume().on('end', () => done(`${answer.statusCode} ${answer.headers.connection}`));
            })
              .on('error', ({ code }: NodeJS.ErrnoException) => done(String(code)))
              .end(),
          ),
        );
        await pause(100);
      }
    })();
    await until(
      () => api.get<Page<Operation>>('/api/v1/operations?state=running,queued,waiting&limit=200'),
      ({ body }) => body.items.length >= 5,
    );
    house.signal('SIGTERM');
    expect((await house.ended()).code).toBe(0);
    stopped = true;
    await asking;
    agent.destroy();
    expect(new Set(seen)).toEqual(new Set(['200 keep-alive', '503 close', 'ECONNREFUSED']));
    for (const { status } of await Promise.all(held)) expect(status === 503 || status < 500).toBe(true);
  },
  within,
);
