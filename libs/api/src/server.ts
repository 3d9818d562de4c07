import { randomUUID } from 'node:crypto';
import type { Server } from 'node:http';
import { UnsupportedMediaTypeException, type INestApplication } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import helmet from '@fastify/helmet';
import { problemOf } from '@drover/contracts';
import { reject } from '@drover/kernel';
import { problemFrom, sendProblem } from './problem.filter.js';
import { Readiness } from './readiness.js';
import type { Reply, Request } from './request.js';
import { refuseUnread } from './unread.js';

/** Says in one sentence what the operator can mend. Anything else that stops a start is our bug and shows its stack. */
export class CannotStart extends Error {
  override readonly name = 'CannotStart';
}

/** How the server meets the world. */
export interface ServerOptions {
  /** `Host` headers that are ours, with their port; on loopback every name of it counts. */
  readonly allowedHosts: readonly string[];
  readonly trustedProxies: readonly string[];
}

const instanceOf = (adapter: FastifyAdapter) => adapter.getInstance();
/** What the router keeps for a route; Fastify exports no name for it. */
type Kept = Parameters<ReturnType<Strategy['storage']>['set']>[1];
type Strategy = Parameters<ReturnType<typeof instanceOf>['addConstraintStrategy']>[0];

const KIB = 1024;
/** How long a request may take to arrive, headers and body together. */
const LONGEST_MS = 30_000;
const safeId = /^[A-Za-z0-9._~-]{1,128}$/;

/** What every answer says, whatever came of the request. */
const labelled = (reply: Pick<Reply, 'header'>, id: string) =>
  reply.header('X-Request-Id', id).header('Cache-Control', 'no-store');

/** Nest would add parsers of its own, of forms among them: here there is the one for JSON below. */
class JsonAdapter extends FastifyAdapter {
  override registerParserMiddleware() {}
}

/** Fastify as we use it everywhere: bounded bodies, request ids, our own `Host` only, safe headers, nothing cached. */
export const httpAdapter = async ({ allowedHosts, trustedProxies }: ServerOptions) => {
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
    clientErrorHandler: refuseUnread,
    trustProxy: trustedProxies.length > 0 ? [...trustedProxies] : false,
    genReqId: (raw: { headers: Record<string, string | string[] | undefined> }) => {
      const given = raw.headers['x-request-id'];
      return typeof given === 'string' && safeId.test(given) ? given : randomUUID();
    },
    // What goes wrong before a route is known, and so before any hook: an address that is no text.
    frameworkErrors: (error: unknown, request: unknown, reply: unknown) => {
      labelled(reply as Reply, (request as Request).id);
      sendProblem(problemFrom(error), request as Request, reply as Reply);
    },
  });
  const fastify = instanceOf(adapter);
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
  await fastify.register(helmet, {
    contentSecurityPolicy: { directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
    strictTransportSecurity: { maxAge: 31_536_000 },
    crossOriginResourcePolicy: { policy: 'same-origin' },
  });
  const hosts = new Set(allowedHosts.map((host) => host.toLowerCase()));
  fastify.addHook('onRequest', (request, reply, done) => {
    labelled(reply, request.id);
    if (hosts.has((request.headers.host ?? '').toLowerCase())) return done();
    const because = 'The Host header is not an address of Drover (DROVER_ALLOWED_HOSTS). Nothing was done.';
    const { id, url, headers } = request;
    sendProblem(problemOf(reject('origin_refused', because)), { id, url, headers: { accept: headers.accept } }, reply);
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
  const parse = fastify.getDefaultJsonParser('error', 'error');
  fastify.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) =>
    body.length === 0 ? done(null, undefined) : parse(request, String(body), done),
  );
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
  drain();
  const server = app.getHttpServer() as Server;
  // Node closes idle connections once, at the beginning; one that answers after that would be kept alive for 72 s more.
  const sweep = setInterval(() => server.closeIdleConnections(), 100);
  const cut = setTimeout(() => server.closeAllConnections(), seconds * 1000);
  try {
    await app.close();
  } finally {
    clearInterval(sweep);
    clearTimeout(cut);
  }
};
