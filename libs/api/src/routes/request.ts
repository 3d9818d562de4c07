// What we use of Fastify's request and reply, and the decorators that hand parts of them to a row. The guard has put the parsed
// input and the actor there. Never: a row that reads the body or the query past its input.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Actor, RequestId } from '@drover/kernel';

/** What comes in by a route, parsed by its schemas. */
export interface ParsedInput {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
}

/** What we use of Fastify's request. */
export interface Request {
  readonly id: RequestId;
  readonly ip: string;
  readonly method: string;
  readonly url: string;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, unknown>>;
  body: unknown;
  readonly routeOptions: { readonly url?: string };
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly raw: IncomingMessage;
  actor?: Actor;
  input?: ParsedInput;
}

/** What we use of Fastify's reply. */
export interface Reply {
  readonly raw: ServerResponse;
  code(status: number): Reply;
  header(name: string, value: string): Reply;
  getHeaders(): Readonly<Record<string, string | number | readonly string[] | undefined>>;
  send(body?: unknown): void;
  /** From here on the raw response is ours. */
  hijack(): void;
}

const requestOf = (context: ExecutionContext) => context.switchToHttp().getRequest<Request>();

/** The parameter that holds the actor; `anonymous`, without rights, on public routes. */
export const Asker = createParamDecorator((_: unknown, context: ExecutionContext) => requestOf(context).actor);

/** A request as far as its answer depends on it: who asks, how long they wait, and where the answer goes. */
export interface Exchange {
  readonly actor: Actor;
  readonly headers: Request['headers'];
  readonly request: Request;
  readonly reply: Reply;
}

/** The parameter that holds the exchange. The actor is the door's: no route is reached without one. */
export const Exchanged = createParamDecorator((_: unknown, context: ExecutionContext) => {
  const request = requestOf(context);
  const { actor, headers } = request;
  return { actor, headers, request, reply: context.switchToHttp().getResponse<Reply>() };
});

/** The parameter that holds what came in: `InputOf<typeof routes.…>`. */
export const Input = createParamDecorator((_: unknown, context: ExecutionContext) => requestOf(context).input);

/** The parameter that holds the headers. */
export const RequestHeaders = createParamDecorator(
  (_: unknown, context: ExecutionContext) => requestOf(context).headers,
);
