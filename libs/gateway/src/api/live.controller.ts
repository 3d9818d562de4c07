import type { ServerResponse } from 'node:http';
import { Controller, Req, Res } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { answered, Asker, busQuery, Input, Route, type Reply, type Request } from '@drover/api';
import { routes, type InputOf } from '@drover/contracts';
import type { Actor } from '@drover/kernel';
import { streamEvents, type Attach } from '../application/queries/stream-events.query.js';

/** The query as the bus carries it. */
export const StreamEvents = busQuery(streamEvents);

type Sink = Parameters<Attach>[0];

/**
 * The raw response as the stream sees it. Listeners first; a socket that breaks is a reader that left, no fault of
 * ours.
 */
const sinkOf = (raw: ServerResponse): Sink => {
  raw.on('error', () => raw.destroy());
  return {
    write: (bytes) => raw.write(bytes),
    end: () => void raw.end(),
    destroy: () => void raw.destroy(),
    onDrain: (call) => void raw.on('drain', call),
    onClose: (call) => void raw.on('close', call),
  };
};

/** No proxy may keep, change or collect what passes. */
const headers = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-store, no-transform',
  'X-Accel-Buffering': 'no',
};

/**
 * The stream. Not Nest's `@Sse`, which gives a counter of its own to every message without an id and writes `error`
 * events: from the first byte on, the raw response is written by us alone, and nothing is thrown into Nest.
 */
@Controller()
export class LiveController {
  constructor(private readonly queries: QueryBus) {}

  @Route(routes.streamEvents)
  async stream(
    @Input() { query }: InputOf<typeof routes.streamEvents>,
    @Asker() actor: Actor,
    @Req() request: Request,
    @Res() reply: Reply,
  ): Promise<void> {
    const lastEventId = request.headers['last-event-id'];
    const asked = { ...query, ...(lastEventId !== undefined && { lastEventId }) };
    const { attach } = answered(await this.queries.execute(new StreamEvents(asked, actor)));
    const { raw } = reply;
    if (raw.destroyed) return;
    const all = { ...reply.getHeaders(), ...lowerCase(headers) };
    reply.hijack();
    raw.writeHead(200, all as Record<string, string>);
    if (request.method === 'HEAD') raw.end();
    else attach(sinkOf(raw));
  }
}

const lowerCase = (named: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(named).map(([name, value]) => [name.toLowerCase(), value]));
