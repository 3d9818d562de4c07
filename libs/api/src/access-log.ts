import { OperationId } from '@drover/kernel';
import type { RouteDefinition } from '@drover/contracts';
import { note, notesOf } from './exchange-notes.js';
import type { Reply, Request } from './request.js';
import { storeRefusals } from './store-complaints.js';
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
  const [, id] = /^\/api\/v1\/operations\/([^/]+)/.exec(String(path)) ?? [];
  return OperationId.schema.safeParse(id).success ? (id ?? null) : null;
};

/** What is known of an answer once it has left. */
interface Answered {
  readonly requestId: string;
  readonly method: string;
  readonly route: string;
  /** Null when the client left before. */
  readonly status: number | null;
  readonly ms: number;
  readonly [member: string]: unknown;
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
  const count = (
    { method: given, route, status }: Pick<Answered, 'method' | 'route' | 'status'>,
    ms: number | null,
  ) => {
    const method = METHODS.includes(given) ? given : 'OTHER';
    requests.add({ method, route, status: String(status ?? 'none') });
    if (ms !== null) seconds.observe({ method, route }, ms / 1000);
  };
  const write = (answered: Answered) => log[isProbe(answered.route) ? 'debug' : 'info']('request', answered);

  return {
    /** Follows a request until its answer has left, or the client. */
    follow: (request: Request, reply: Reply) => {
      const begun = performance.now();
      const { raw } = reply;
      note(raw, { requestId: request.id });
      raw.once('close', () => {
        const ms = Math.round((performance.now() - begun) * 10) / 10;
        const { route: rule, identity, problem, status: written } = notesOf(raw);
        const { id: requestId, method, params } = request;
        const route = rule?.path ?? templateOf(request.routeOptions.url);
        const status = written ?? (raw.headersSent ? raw.statusCode : null);
        if (rule && isStream(rule, status, method)) return count({ method, route, status }, null);
        count({ method, route, status }, ms);
        if (problem !== undefined && storeRefusals.includes(problem)) refusals.add({ code: problem });
        const headers = reply.getHeaders();
        const isCut = !raw.writableFinished;
        const length = method === 'HEAD' || status === 304 ? 0 : Number(headers['content-length'] ?? 0);
        const named = route.startsWith('/api/v1/operations/{id}') && problem === undefined ? params['id'] : null;
        const operationId = operationIn(headers['location']) ?? operationIn(`/api/v1/operations/${named}`);
        const trace = traceOf(request.headers['traceparent']);
        write({
          ...{ requestId, method, route, status, ms, bytes: isCut ? null : length },
          ...{ actor: identity?.sub ?? null, via: identity?.via ?? null },
          ...(operationId !== null && { operationId }),
          ...(problem !== undefined && { code: problem }),
          ...(trace && { traceId: trace.traceId }),
        });
      });
    },
    /** Of what was refused before there was a request: nothing of it could be read. */
    refused: (requestId: string, { status, code }: { readonly status: number; readonly code: string }) => {
      const [method, route] = ['OTHER', NO_ROUTE];
      count({ method, route, status }, null);
      write({ requestId, method, route, status, ms: 0, bytes: null, actor: null, via: null, code });
    },
  };
};
