// Every refusal and every fault of the process becomes problem+json here, whoever threw it. Texts of Nest and Fastify give way
// to ours. Never: the cause of a fault, or where a store lies, in an answer: those are for the log.
import {
  Catch,
  HttpException,
  Logger,
  MethodNotAllowedException,
  NotFoundException,
  type ArgumentsHost,
  type ExceptionFilter,
} from '@nestjs/common';
import { codeOf, problemOf, type Problem, type ProblemCode } from '@drover/contracts';
import { reject, systemNow } from '@drover/kernel';
import { note } from '../telemetry/exchange-notes.js';
import { Refused } from './refused.js';
import type { Reply, Request } from '../routes/request.js';
import { RouteTable } from '../routes/routes.js';
import { complainOfStore, isStoreRefusal } from './store-complaints.js';

const WORDS: Partial<Record<ProblemCode, string>> = {
  internal: 'The server failed. What was asked may or may not have been done: read before asking again.',
  not_found: 'There is nothing at this address.',
  method_not_allowed: 'This address does not take this method. Nothing was done.',
  body_too_large: 'A body holds 256 KiB at most. Nothing was done.',
  unsupported_media_type: 'A body is application/json. Nothing was done.',
  store_full: 'There is no space left where Drover keeps its data. Nothing was recorded.',
  store_unavailable: 'Drover cannot write its data. Nothing was recorded.',
  store_shorter_than_anchor: 'The store lacks what it had, so nothing is written to it. Nothing was recorded.',
  stream_unreadable: 'What Drover stored of this is damaged, so nothing is decided on it. Nothing was recorded.',
  view_unreadable: 'What Drover keeps of this is damaged.',
};
/** The status an error carries: Nest's and Fastify's own have one, ours do not. */
const statusOf = (error: unknown) => {
  if (error instanceof HttpException) return error.getStatus();
  const { statusCode } = error as { statusCode?: unknown };
  return typeof statusCode === 'number' ? statusCode : 500;
};

/**
 * What anyone else threw: Nest and Fastify choose a status, a fault has none. Their own texts are not passed on; nor is
 * where a store lies.
 */
export const problemFrom = (error: unknown): Problem => {
  if (error instanceof Refused) return error.problem;
  const code = isStoreRefusal<ProblemCode>(error) ? error.code : codeOf(statusOf(error));
  return problemOf(reject(code, WORDS[code] ?? 'The request cannot be read. Nothing was done.'));
};

/** Says a problem: as problem+json, or as plain JSON to whoever accepts only that; with the request it belongs to. */
export const sendProblem = (problem: Problem, request: Pick<Request, 'id' | 'url' | 'headers'>, reply: Reply) => {
  note(reply.raw, { problem: problem.code });
  const accept = request.headers['accept'] ?? '*/*';
  const plain = /\bapplication\/json\b/.test(accept) && !/problem\+json|\*\/\*/.test(accept);
  const { operation } = problem.links;
  if (operation) reply.header('Location', operation);
  if (problem.status === 401) reply.header('WWW-Authenticate', 'Bearer realm="drover"');
  if (problem.retryAfterMs) reply.header('Retry-After', String(Math.ceil(problem.retryAfterMs / 1000)));
  else if (problem.status === 429 || problem.status === 503) reply.header('Retry-After', '1');
  reply
    .code(problem.status)
    .header('Content-Type', plain ? 'application/json; charset=utf-8' : 'application/problem+json')
    .send({
      ...problem,
      instance: request.url.split('?')[0],
      requestId: request.id,
      timestamp: systemNow(),
    });
};

/** Sends every refusal and fault of the process. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger('http');
  constructor(private readonly routes: RouteTable) {}

  catch(error: unknown, host: ArgumentsHost) {
    const http = host.switchToHttp();
    const [request, reply] = [http.getRequest<Request>(), http.getResponse<Reply>()];
    const problem = problemFrom(this.isAnotherMethod(error, request, reply) ? new MethodNotAllowedException() : error);
    if (problem.status >= 500) this.log(error, request);
    const vmId = problem.vm_id ?? request.params['vm_id'];
    sendProblem({ ...problem, ...(vmId !== undefined && { vm_id: vmId }) }, request, reply);
  }

  /** What a client is told of a fault says nothing of its cause; a refusal that was decided has none. */
  private log(error: unknown, { id: requestId }: Request) {
    const cause = error instanceof Refused ? error.cause : error;
    if (cause !== undefined && !complainOfStore(cause))
      this.logger.error({ msg: 'A request failed', requestId, error: cause });
  }

  /** The router knows an address together with its method only; who asks by another one is told which there are. */
  private isAnotherMethod(error: unknown, { method, url }: Request, reply: Reply) {
    if (!(error instanceof NotFoundException)) return false;
    const allowed = this.routes.methodsAt(url.split('?')[0] ?? '');
    if (allowed.length === 0 || allowed.includes(method)) return false;
    reply.header('Allow', allowed.join(', '));
    return true;
  }
}
