// Fastify as every process uses it: bounds, request ids, our own Host, safe headers, JSON alone, and a stop that answers what has
// come. Hooks run in the order of this file. Never: a parser beside the one for JSON, or a body without a bound.
import { randomUUID } from 'node:crypto';
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { UnsupportedMediaTypeException, type INestApplication } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import helmet from '@fastify/helmet';
import { problemOf, type Problem } from '@drover/contracts';
import { reject, RequestId } from '@drover/kernel';
import { accessLog } from '../telemetry/access-log.js';
import { connectionsOf, type TcpConnections } from './connections.js';
import { hasDoubledMember, textOf } from './json-body.js';
import { problemFrom, sendProblem } from '../answers/problem.filter.js';
import { Readiness } from '../health/readiness.js';
import { refuse } from '../answers/refused.js';
import type { Reply, Request } from '../routes/request.js';
import { hostsIn, isAddress, pathOf } from './target.js';
import { refuseConnect, refuseMalformed } from './malformed-request.js';
import { unseen, type Telemetry } from '../telemetry/telemetry.js';

/** Says in one sentence what the operator can fix. Anything else that stops a start is our bug and shows its stack. */
export class CannotStart extends Error {
  override readonly name = 'CannotStart';
}

/** How the server meets the world. */
export interface ServerOptions {
  /** `Host` headers that are ours, with their port; on loopback every name of it counts. */
  readonly allowedHosts: readonly string[];
  readonly trustedProxies: readonly string[];
  /** How many requests of one connection are worked on at once; more wait. */
  readonly inFlight?: number;
  /** Where each request leaves a line and is counted. */
  readonly telemetry?: Telemetry;
}

const instanceOf = (adapter: FastifyAdapter) => adapter.getInstance();
/** What the router keeps for a route; Fastify exports no name for it. */
type Kept = Parameters<ReturnType<Strategy['storage']>['set']>[1];
type Strategy = Parameters<ReturnType<typeof instanceOf>['addConstraintStrategy']>[0];

const KIB = 1024;
/** How long a request may take to arrive, headers and body together. */
const LONGEST_MS = 30_000;
/** How long nothing may move on a connection on which something is due. Held answers take 55 s at most. */
const SILENT_MS = 120_000;

const FOREIGN = 'The Host header is not an address of Drover (DROVER_ALLOWED_HOSTS). Nothing was done.';
const NO_ADDRESS = 'The address is not text in UTF-8, or holds control characters. Nothing was done.';
const DOUBLED = 'An object of the body has a member twice. Nothing was done.';
const TOO_MANY = 'Too many requests of this connection wait already. Nothing was done.';

/** What every answer says, whatever came of the request. */
const labelled = (reply: Pick<Reply, 'header'>, id: RequestId) =>
  reply.header('X-Request-Id', id).header('Cache-Control', 'no-store');

/** Nest would add parsers of its own, of forms among them: here there is the one for JSON below. */
class JsonAdapter extends FastifyAdapter {
  override registerParserMiddleware() {}
}

/** The connections of each server. */
const served = new WeakMap<object, TcpConnections>();

/** Fastify as we use it everywhere: bounded bodies, request ids, our own `Host` only, safe headers, nothing cached. */
export const httpAdapter = async ({
  allowedHosts,
  trustedProxies,
  inFlight = 16,
  telemetry = unseen,
}: ServerOptions) => {
  const access = accessLog(telemetry);
  const connections = connectionsOf(inFlight);
  const adapter = new JsonAdapter({
    bodyLimit: 256 * KIB,
    return503OnClosing: false, // the door says it, as a problem
    routerOptions: { maxParamLength: 512 },
    requestTimeout: LONGEST_MS,
    // Node gives up a body only when the time for headers is over as well, which is 60 s unless stated; it looks each
    // 30 s unless stated. A request without a Host comes to the hook below, which says what is wrong with it.
    http: {
      requestTimeout: LONGEST_MS,
      headersTimeout: LONGEST_MS,
      connectionsCheckingInterval: 5000,
      requireHostHeader: false,
    },
    connectionTimeout: SILENT_MS,
    clientErrorHandler: (error: { readonly code?: string }, socket: Socket) =>
      refuseMalformed(error, socket, { open: connections.openOf(socket), refused: access.refused }),
    rewriteUrl: pathOf,
    trustProxy: trustedProxies.length > 0 ? [...trustedProxies] : false,
    genReqId: (raw: { headers: Record<string, string | string[] | undefined> }) => {
      const given = raw.headers['x-request-id'];
      return RequestId.schema.safeParse(given).data ?? RequestId.parse(randomUUID());
    },
    // What goes wrong before a route is known, and so before any hook: an address that is no text.
    frameworkErrors: (error: unknown, request: unknown, reply: unknown) => {
      access.follow(request as Request, reply as Reply);
      labelled(reply as Reply, (request as Request).id);
      sendProblem(problemFrom(error), request as Request, reply as Reply);
    },
  });
  served.set(adapter, connections);
  const fastify = instanceOf(adapter);
  fastify.server.on('connection', connections.opened).on('connect', refuseConnect(access.refused));
  fastify.server.prependListener('request', connections.came);
  // Whatever else a client expects, it gets an answer as every other request does; Node's own would be a bare 417.
  fastify.server.on('checkExpectation', (request, reply) => fastify.server.emit('request', request, reply));
  // Which service an address means by the operation in it: `/api/v1/operations/<service>.…`.
  fastify.addConstraintStrategy({
    name: 'owner',
    storage: () => {
      const handlers = new Map<unknown, Kept>();
      return { get: (key) => handlers.get(key) ?? null, set: (key, handler) => void handlers.set(key, handler) };
    },
    deriveConstraint: ({ url = '' }) => /^\/api\/v1\/operations\/([a-z]+)\./.exec(url)?.[1],
    mustMatchWhenDerived: false,
  });
  // The first of all: what is refused while others still run leaves a line as well.
  fastify.addHook('onRequest', (request, reply, done) => {
    access.follow(request as unknown as Request, reply);
    done();
  });
  await fastify.register(helmet, {
    // Only what is said here: the defaults of helmet allow styles within the page.
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    strictTransportSecurity: { maxAge: 31_536_000 },
    crossOriginResourcePolicy: { policy: 'same-origin' },
  });
  const hosts = new Set(allowedHosts.map((host) => host.toLowerCase()));
  fastify.addHook('onRequest', ({ raw, id, url, headers }, reply, done) => {
    labelled(reply, id);
    const no = (problem: Problem) =>
      sendProblem(problem, { id, url: isAddress(url) ? url : '/', headers: { accept: headers.accept } }, reply);
    const ours = hosts.has((headers.host ?? '').toLowerCase());
    const judge = () => {
      if (hostsIn(raw) > 1) no(problemOf(reject('invalid_request', 'The request names two hosts. Nothing was done.')));
      else if (!ours) no(problemOf(reject('origin_refused', FOREIGN)));
      else if (!isAddress(url)) no(problemOf(reject('invalid_request', NO_ADDRESS)));
      else done();
    };
    // Whoever asks for health asks for nothing else by the way: a pipeline of it is a pipeline.
    if (url.startsWith('/health/') && connections.openOf(raw.socket).length <= inFlight) return judge();
    const taken = connections.take(raw, reply.raw, judge);
    if (taken === 'ignored') reply.hijack();
    else if (taken === 'refused') no(problemOf(reject('rate_limited', TOO_MANY, { retryAfterSeconds: 1 })));
  });
  // JSON is the one language spoken here, whichever parsers are there; no body is no body, whatever it calls itself.
  fastify.addHook('onRequest', ({ raw, id, url, method }, reply, done) => {
    const { 'content-length': length, 'transfer-encoding': encoding, 'content-type': type = '', accept } = raw.headers;
    if (encoding === undefined && Number(length ?? 0) === 0) delete raw.headers['content-type'];
    else if (encoding !== undefined && type === '')
      raw.headers['content-type'] = 'application/json'; // it may be empty
    else if (method !== 'GET' && method !== 'HEAD' && type.split(';')[0]?.trim().toLowerCase() !== 'application/json')
      return sendProblem(problemFrom(new UnsupportedMediaTypeException()), { id, url, headers: { accept } }, reply);
    done();
  });
  // Fastify would close the connection on a body that it refuses: with bytes of it still on the way that is a reset, which
  // may overtake the answer, and what was asked behind it would get none. The rest is read and thrown away instead.
  fastify.addHook('onSend', (_request, reply, payload, done) => {
    const { raw } = reply;
    const asks = reply.getHeader('Connection') === 'close' && !raw.hasHeader('Connection') && raw.shouldKeepAlive;
    if (asks) reply.header('Connection', 'keep-alive');
    done(null, payload);
  });
  const parse = fastify.getDefaultJsonParser('error', 'error');
  fastify.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body: Buffer, done) => {
    if (body.length === 0) return done(null, undefined);
    try {
      const text = textOf(body);
      void parse(request, text, (error, value?: unknown) => {
        if (!error && hasDoubledMember(text)) done(refuse('invalid_request', DOUBLED));
        else done(error, value);
      });
    } catch (refusal) {
      done(refusal as Error);
    }
  });
  return adapter;
};

/** Listens, and gives back the address. Not `app.listen()`: that logs the error, with its stack, before it throws it. */
export const listen = async (app: INestApplication, host: string, port: number) => {
  const fastify = app.getHttpAdapter().getInstance() as {
    listen(where: { host: string; port: number }): Promise<string>;
  };
  try {
    return await fastify.listen({ host, port });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE')
      throw new CannotStart(
        `Port ${port} on ${host} is in use: stop what listens there or set APP_PORT to another port.`,
      );
    if (code) throw new CannotStart(`Cannot listen on ${host}, port ${port} (${code}): set DROVER_HOST or APP_PORT.`);
    throw error;
  }
};

/** Closes: health says 503, `drain` ends the streams before the server closes, open requests get `seconds`. */
export const close = async (app: INestApplication, seconds: number, drain: () => void) => {
  app.get(Readiness, { strict: false }).stop();
  const connections = served.get(app.getHttpAdapter());
  if (!connections) throw new Error('the application is not on our HTTP server');
  const server = app.getHttpServer() as Server;
  connections.stop();
  drain();
  // Node would reset at once what is between two requests, with the next one on its way. Here it is answered first.
  const sweepQuiet = () => void connections.closeQuiet();
  server.closeIdleConnections = sweepQuiet;
  const sweep = setInterval(sweepQuiet, 100);
  const cut = setTimeout(() => server.closeAllConnections(), seconds * 1000);
  try {
    await connections.allAccepted();
    await app.close();
  } finally {
    clearInterval(sweep);
    clearTimeout(cut);
  }
};
