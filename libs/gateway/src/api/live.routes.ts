// Opens the live stream on the raw response, beside Nest. What is sent to whom is decided by the query and the streams.
// Never: an error thrown after the response was taken over, or a header that lets a proxy keep or collect what passes.
import type { ServerResponse } from 'node:http';
import { answered, hold, type Endpoints, type Request, type Sink, type SseStreams } from '@drover/api';
import type { Actor } from '@drover/kernel';
import type { GatewayDoes } from '../application/gateway.use-cases.js';
import type { PositionedEvent } from '../application/journal/read-journal.js';

/** The streams that this door has open. */
export type LiveStreams = SseStreams<PositionedEvent['traits']>;

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

/** Whose stream it is, for the lines that tell of it. */
const openerOf = ({ id: requestId }: Request, { sub, traceparent }: Actor) => {
  const traceId = traceparent?.split('-')[1];
  return { requestId, actor: sub, ...(traceId !== undefined && { traceId }) };
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
export const liveRoutes = (streams: LiveStreams): Pick<Endpoints<'gateway', GatewayDoes>, 'streamEvents'> => ({
  streamEvents: async ({ query }, { actor, request, reply }, use) => {
    const lastEventId = request.headers['last-event-id'];
    const asked = { ...query, ...(lastEventId !== undefined && { lastEventId }) };
    const stream = answered(await use.streamEvents(asked, actor));
    answered(streams.refusal());
    const { raw } = reply;
    if (raw.destroyed) return;
    const all = { ...reply.getHeaders(), ...headers };
    reply.hijack();
    hold(raw);
    raw.writeHead(200, all as Record<string, string>);
    if (request.method === 'HEAD') raw.end();
    else streams.open(stream, sinkOf(raw), openerOf(request, actor));
  },
});
