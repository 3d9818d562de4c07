import type { ServerResponse } from 'node:http';
import { Controller, Inject, Req, Res } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import {
  answered,
  Asker,
  busQuery,
  hold,
  Input,
  Route,
  type Reply,
  type Request,
  type Sink,
  type SseStreams,
} from '@drover/api';
import { routes, type InputOf } from '@drover/contracts';
import type { Actor } from '@drover/kernel';
import type { PositionedEvent } from '../application/journal/read-journal.js';
import { streamEvents } from '../application/live/stream-events.query.js';

/** The query as the bus carries it. */
export const StreamEvents = busQuery(streamEvents);

/** The streams that this door has open. */
export type LiveStreams = SseStreams<PositionedEvent['traits']>;

/** Where the module puts them. */
export const LIVE_STREAMS = Symbol('LiveStreams');

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

/** No proxy may keep, change or collect what passes. In lower case, as Fastify keeps those that they replace. */
const headers = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store, no-transform',
  'x-accel-buffering': 'no',
};

/**
 * The stream. Not Nest's `@Sse`, which gives a counter of its own to every message without an id and writes `error`
 * events: from the first byte on, the raw response is written by us alone, and nothing is thrown into Nest.
 */
@Controller()
export class LiveController {
  constructor(
    private readonly queries: QueryBus,
    @Inject(LIVE_STREAMS) private readonly streams: LiveStreams,
  ) {}

  @Route(routes.streamEvents)
  async stream(
    @Input() { query }: InputOf<typeof routes.streamEvents>,
    @Asker() actor: Actor,
    @Req() request: Request,
    @Res() reply: Reply,
  ): Promise<void> {
    const lastEventId = request.headers['last-event-id'];
    const asked = { ...query, ...(lastEventId !== undefined && { lastEventId }) };
    const stream = answered(await this.queries.execute(new StreamEvents(asked, actor)));
    answered(this.streams.refusal());
    const { raw } = reply;
    if (raw.destroyed) return;
    const all = { ...reply.getHeaders(), ...headers };
    reply.hijack();
    hold(raw);
    raw.writeHead(200, all as Record<string, string>);
    if (request.method === 'HEAD') raw.end();
    else this.streams.open(stream, sinkOf(raw));
  }
}
