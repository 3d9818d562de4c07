// A line and a count for each request, when its answer has left. Routes stand in them as the catalogue spells them.
// Never: an address, a query or a body that a client sent.
import { OperationId, type RequestId } from '@drover/kernel';
import type { RouteDefinition } from '@drover/contracts';
import { note, notesOf } from './exchange-notes.js';
import type { Reply, Request } from '../routes/request.js';
import { storeRefusals } from '../answers/store-complaints.js';
import type { Telemetry } from './telemetry.js';
import { traceOf } from './trace-context.js';

/** Of an address that no route has, or that could not be read. */
const NO_ROUTE = '(none)';
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** The address of a route as the catalogue writes it, of the router's own spelling. */
const templateOf = (url: string | undefined): string => url?.replace(/:(\w+)/g, '{$1}') ?? NO_ROUTE;

/** Those who look after the process ask all the time. */
const isProbe = (route: string) => route.startsWith('/health/') || route === '/metrics';

/** Whether what was answered is a stream, which has lines of its own. */
const isStream = ({ answers }: RouteDefinition, status: number | null, method: string) =>
  status === 200 && method !== 'HEAD' && answers[200] === 'text/event-stream';

const operationIn = (path: unknown): string | null => {
  const id = typeof path === 'string' ? /^\/api\/v1\/operations\/([^/]+)/.exec(path)?.[1] : undefined;
  return id !== undefined && OperationId.schema.safeParse(id).success ? id : null;
};

/** The operation that an answer names: in its address, or where it sends the client. */
const operationOf = (request: Request, reply: Reply, route: string, isRefused: boolean): string | null => {
  const asked = !isRefused && route.startsWith('/api/v1/operations/{id}') ? request.url : null;
  return operationIn(reply.getHeaders()['location']) ?? operationIn(asked?.split('?')[0]);
};

/** The status of an answer; null when the client left before. */
const statusOf = (raw: Reply['raw']) => notesOf(raw).status ?? (raw.headersSent ? raw.statusCode : null);

/** What a request is counted by. */
interface Counted {
  readonly method: string;
  readonly route: string;
  readonly status: number | null;
}

/**
 * One line for each request, when its answer has left, and the counts by route. It names the route, never the address:
 * what a client sends stands in no line, but for the id that it gave its request.
 */
export const accessLog = ({ log, metrics }: Telemetry) => {
  const requests = metrics.counter({
    name: 'drover_http_requests_total',
    help: 'Requests, by route as the catalogue names it, and the status of the answer (none: the client left before).',
    labels: ['method', 'route', 'status'],
  });
  const seconds = metrics.histogram({
    name: 'drover_http_request_seconds',
    help: 'Time from the head of a request to the last byte of its answer; streams are not in it.',
    labels: ['method', 'route'],
    buckets: SECONDS,
  });
  const refusals = metrics.counter({
    name: 'drover_store_refusals_total',
    help: 'Requests that a store refused, by its reason.',
    labels: ['code'],
  });
  const count = ({ method: given, route, status }: Counted, ms: number | null) => {
    const method = METHODS.includes(given) ? given : 'OTHER';
    requests.add({ method, route, status: String(status ?? 'none') });
    if (ms !== null) seconds.observe({ method, route }, ms / 1000);
  };
  const levelOf = (route: string) => (isProbe(route) ? 'debug' : 'info');
  const lineOf = (request: Request, reply: Reply, route: string) => {
    const { raw } = reply;
    const { identity, problem } = notesOf(raw);
    const { id: requestId, method, headers } = request;
    const hasBody = method !== 'HEAD' && raw.statusCode !== 304;
    const length = hasBody ? Number(reply.getHeaders()['content-length'] ?? 0) : 0;
    const operationId = operationOf(request, reply, route, problem !== undefined);
    const trace = traceOf(headers['traceparent']);
    return {
      ...{ requestId, method, route, status: statusOf(raw), bytes: raw.writableFinished ? length : null },
      ...{ actor: identity?.sub ?? null, via: identity?.via ?? null },
      ...(operationId !== null && { operationId }),
      ...(problem !== undefined && { code: problem }),
      ...(trace && { traceId: trace.traceId }),
    };
  };

  return {
    /** Follows a request until its answer has left, or the client. */
    follow: (request: Request, reply: Reply) => {
      const begun = performance.now();
      const { raw } = reply;
      note(raw, { requestId: request.id });
      raw.once('close', () => {
        const ms = Math.round((performance.now() - begun) * 10) / 10;
        const { route: rule, problem } = notesOf(raw);
        const { method } = request;
        const route = rule?.path ?? templateOf(request.routeOptions.url);
        const status = statusOf(raw);
        if (rule && isStream(rule, status, method)) return count({ method, route, status }, null);
        count({ method, route, status }, ms);
        if (problem !== undefined && storeRefusals.includes(problem)) refusals.add({ code: problem });
        const level = levelOf(route);
        if (log.writes(level)) log[level]('request', { ...lineOf(request, reply, route), ms });
      });
    },
    /** Of what was refused before there was a request: nothing of it could be read. */
    refused: (requestId: RequestId, { status, code }: { readonly status: number; readonly code: string }) => {
      const [method, route] = ['OTHER', NO_ROUTE];
      count({ method, route, status }, null);
      log.info('request', { requestId, method, route, status, ms: 0, bytes: null, actor: null, via: null, code });
    },
  };
};
