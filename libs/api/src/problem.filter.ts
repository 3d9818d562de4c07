import { Catch, HttpException, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { codeOf, problemOf, type Problem, type ProblemCode } from '@drover/contracts';
import { reject, systemNow } from '@drover/kernel';
import { Refused } from './refused.js';
import type { Reply, Request } from './request.js';

const WORDS: Partial<Record<ProblemCode, string>> = {
  internal: 'The server failed. What was asked may or may not have been done: read before asking again.',
  not_found: 'There is nothing at this address.',
  method_not_allowed: 'This address does not take this method. Nothing was done.',
  body_too_large: 'A body holds 256 KiB at most. Nothing was done.',
  unsupported_media_type: 'A body is application/json. Nothing was done.',
};

/** Refusals of the event store, known by their name and code: the door does not know ports. */
const storeCodes: readonly ProblemCode[] = [
  'store_full',
  'store_unavailable',
  'store_shorter_than_anchor',
  'view_unreadable',
];
const storeRefusal = (error: unknown): Problem | null => {
  if (!(error instanceof Error) || error.name !== 'StoreRefused' || !('code' in error)) return null;
  const code = storeCodes.find((each) => each === error.code);
  if (code === 'view_unreadable') return problemOf(reject(code, error.message));
  return code ? problemOf(reject(code, `${error.message} Nothing was recorded.`)) : null;
};

/** The status an error carries: Nest's and Fastify's own have one, ours do not. */
const statusOf = (error: unknown) => {
  if (error instanceof HttpException) return error.getStatus();
  const { statusCode } = error as { statusCode?: unknown };
  return typeof statusCode === 'number' ? statusCode : 500;
};

/** What anyone else threw: Nest and Fastify choose a status, a fault has none. Their own texts are not passed on. */
export const problemFrom = (error: unknown): Problem => {
  if (error instanceof Refused) return error.problem;
  const code = codeOf(statusOf(error));
  return storeRefusal(error) ?? problemOf(reject(code, WORDS[code] ?? 'The request cannot be read. Nothing was done.'));
};

/** Says a problem: as problem+json, or as plain JSON to whoever accepts only that; with the request it belongs to. */
export const sendProblem = (problem: Problem, request: Pick<Request, 'id' | 'url' | 'headers'>, reply: Reply) => {
  const accept = request.headers['accept'] ?? '*/*';
  const plain = /\bapplication\/json\b/.test(accept) && !/problem\+json|\*\/\*/.test(accept);
  const { operation } = problem.links;
  if (operation) reply.header('Location', operation);
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

  catch(error: unknown, host: ArgumentsHost) {
    const http = host.switchToHttp();
    const problem = problemFrom(error);
    if (problem.code === 'internal') this.logger.error(error);
    sendProblem(problem, http.getRequest<Request>(), http.getResponse<Reply>());
  }
}
