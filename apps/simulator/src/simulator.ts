// The simulated sites behind HTTP, so that several processes use one fleet. Internal: on loopback, by a bearer token, and in
// no public document. Never: a rule of a site; those are in `libs/integration/simulator`.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isSecret } from '@drover/kernel';
import { localClock, openDataDirectory } from '@drover/local';
import {
  answerTo,
  isListing,
  linesTo,
  RemoteCall,
  simulator,
  WatchQuery,
  watchSessions,
  type Report,
} from '@drover/simulator';
import type { SimulatorConfig } from './config.js';

const HOST = '127.0.0.1';
const MOST_BYTES = 1024 * 1024;
const KEEP_ALIVE_MS = 75_000; // longer than a client keeps a socket that nobody uses

/** What is asked cannot be answered. */
class Refused extends Error {
  constructor(
    readonly status: number,
    sentence: string,
  ) {
    super(sentence);
  }
}

const bodyOf = async (request: IncomingMessage) => {
  const tooLarge = new Refused(413, `A call has at most ${MOST_BYTES} bytes.`);
  if (Number(request.headers['content-length'] ?? 0) > MOST_BYTES) throw tooLarge;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MOST_BYTES) throw tooLarge;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
};

const callIn = (body: string) => {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    throw new Refused(400, 'The body is no JSON.');
  }
  const call = RemoteCall.safeParse(json);
  if (call.success) return call.data;
  throw new Refused(400, 'The body is no call: {connection, port, method, args, token}.');
};

const json = (response: ServerResponse, status: number, body: unknown) => {
  if (response.headersSent || response.destroyed) return void response.destroy(); // half an answer is no answer
  const refused = status >= 400 ? { connection: 'close' } : {};
  response.writeHead(status, { 'content-type': 'application/json', ...refused }).end(JSON.stringify(body));
};

const lines = async (response: ServerResponse, items: AsyncIterable<unknown>, gone: AbortSignal) => {
  response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  for await (const item of items) {
    if (gone.aborted) return;
    if (!response.write(`${JSON.stringify(item)}\n`)) await once(response, 'drain', { signal: gone });
  }
  response.end();
};

/** Opens the sites as they were left and listens. Ends by the end of the process: what was answered is on the disk. */
export const startSimulator = async (config: SimulatorConfig, report: Report) => {
  await using opening = new AsyncDisposableStack();
  const clock = localClock();
  const data = opening.adopt(openDataDirectory(config.dataDir), (each) => each.close());
  const { vms: size, latency } = config;
  const options = { clock, dir: data.folder('simulator'), size, latency, seed: 'drover', report };
  const sites = opening.adopt(simulator(options), (each) => each.close());
  let stand = false;
  sites.standing.then(
    () => (stand = true),
    (error: unknown) => report('the simulated sites', error),
  );
  const watches = opening.adopt(watchSessions(sites, clock), (each) => each.close());
  const isBearer = isSecret(`Bearer ${config.token}`);

  const answer = async (request: IncomingMessage, response: ServerResponse, gone: AbortSignal) => {
    const { port } = server.address() as AddressInfo;
    const { host = '', authorization = '' } = request.headers;
    if (![HOST, 'localhost', '[::1]'].some((name) => host === `${name}:${port}`))
      throw new Refused(403, 'This host is not served.');
    const { pathname, searchParams } = new URL(request.url ?? '', `http://${HOST}`);
    const route = `${request.method} ${pathname}`;
    if (route === 'GET /health/live') return json(response, 200, { status: 'ok' });
    if (route === 'GET /health/ready') return json(response, stand ? 200 : 503, { status: stand ? 'ok' : 'starting' });
    if (!isBearer(authorization)) throw new Refused(401, 'The bearer token is missing or wrong.');
    if (route === 'POST /v1/call') {
      const call = callIn(await bodyOf(request));
      if (isListing(call)) return lines(response, linesTo(sites, call, gone), gone);
      return json(response, 200, await answerTo(sites, call, gone));
    }
    if (route !== 'GET /v1/watch') throw new Refused(404, 'There are POST /v1/call and GET /v1/watch.');
    const query = WatchQuery.safeParse(Object.fromEntries(searchParams));
    if (!query.success) throw new Refused(400, 'A watch is asked by connection, and by watch and after to go on.');
    const told = watches.ask(query.data, gone);
    if (!told) throw new Refused(404, 'The watch is over: begin another.');
    return lines(response, told, gone);
  };
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: 30_000 }, (request, response) => {
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    answer(request, response, gone.signal).catch((error: unknown) => {
      if (error instanceof Refused) return json(response, error.status, { error: error.message });
      if (!gone.signal.aborted) report('an answer', error);
      json(response, 500, { error: 'It failed.' });
    });
  });
  server.listen(config.port, HOST);
  await once(server, 'listening');
  opening.defer(async () => {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  });
  const opened = opening.move();
  return {
    url: `http://${HOST}:${(server.address() as AddressInfo).port}`,
    /** The sites themselves, for tests. */
    sites,
    close: () => opened.disposeAsync(),
  };
};
