// What the HTTP server gives up on before there is a request: bytes that are no HTTP, headers without end, a body that
// never comes. There is no reply to say it with, so the same problem as everywhere is written to the socket, and the
// connection ends. Not for anything that has a request: that is for the filter.
import { randomUUID } from 'node:crypto';
import { STATUS_CODES, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { problemOf, type Problem } from '@drover/contracts';
import { reject, RequestId, systemNow } from '@drover/kernel';
import { note, notesOf } from '../telemetry/exchange-notes.js';

const OVERFLOW = 'Address and headers together hold 16 KiB at most. Nothing was done.';

/** Why it could not be read, by the code that Node gives the error. */
const problemFor = (code: string | undefined) => {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return problemOf(reject('request_timeout', 'The request did not come to its end in time. Nothing was done.'));
  const because = code === 'HPE_HEADER_OVERFLOW' ? OVERFLOW : 'The request cannot be read. Nothing was done.';
  return problemOf(reject('invalid_request', because));
};

/** How long a connection is kept after its refusal, for a peer that still reads. */
const LAST_MS = 5000;

/** Ends a connection: what it still sends is not looked at, and soon it is gone, whatever the peer does. */
const bury = (socket: Socket) => {
  socket.resume();
  setTimeout(() => socket.destroy(), LAST_MS).unref();
};

/** Is told of what was refused so: under which id, and why. */
export type OnRefused = (requestId: RequestId, problem: Problem) => void;

const writeRefusal = (socket: Socket, problem: Problem, requestId: RequestId) => {
  const body = Buffer.from(JSON.stringify({ ...problem, requestId, timestamp: systemNow() }));
  const head = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`,
    'Content-Type: application/problem+json',
    `Content-Length: ${body.length}`,
    'Cache-Control: no-store',
    `X-Request-Id: ${requestId}`,
    'Connection: close',
  ];
  socket.end(Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body]));
  bury(socket);
};

/**
 * Answers what could not be read, as far as anybody still listens, and ends the connection. `open`: the answers that are
 * still due on it. Nothing is written into those; when the last has left, the connection ends without a word.
 */
export const refuseMalformed = (
  error: { readonly code?: string },
  socket: Socket,
  { open = [], refused = () => {} }: { readonly open?: readonly ServerResponse[]; readonly refused?: OnRefused } = {},
) => {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  // A request whose body came too slowly is no answer that is due: it is the one that is refused.
  const last = open.findLast(({ req, headersSent }) => req.complete || headersSent);
  if (!last) {
    const [problem, incomplete] = [problemFor(error.code), open.at(-1)];
    const { requestId = RequestId.parse(randomUUID()) } = incomplete ? notesOf(incomplete) : {};
    if (incomplete) note(incomplete, { problem: problem.code, status: problem.status });
    else refused(requestId, problem);
    return writeRefusal(socket, problem, requestId);
  }
  if (last.headersSent && !last.writableEnded) return void socket.destroy(); // a stream
  if (!last.headersSent) last.setHeader('Connection', 'close');
  last.once('close', () => bury(socket));
};

const NO_PROXY = problemOf(reject('method_not_allowed', 'Drover is no proxy. Nothing was done.'));

/** Drover is no proxy: a tunnel is refused. Its address takes no method at all. */
export const refuseConnect = (refused: OnRefused) => (_request: IncomingMessage, socket: Duplex) => {
  const requestId = RequestId.parse(randomUUID());
  refused(requestId, NO_PROXY);
  writeRefusal(socket as Socket, { ...NO_PROXY, hint: 'Take it out of the proxies of the client.' }, requestId);
};
