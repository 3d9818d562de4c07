// What the HTTP server gives up on before there is a request: bytes that are no HTTP, headers without end, a body that
// never comes. There is no reply to say it with, so the same problem as everywhere is written to the socket, and the
// connection ends. Not for anything that has a request: that is for the filter.
import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { problemOf } from '@drover/contracts';
import { reject, systemNow } from '@drover/kernel';

const OVERFLOW = 'Address and headers together hold 16 KiB at most. Nothing was done.';

/** Why it could not be read, by the code that Node gives the error. */
const problemFor = (code: string | undefined) => {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return problemOf(reject('request_timeout', 'The request did not come to its end in time. Nothing was done.'));
  const because = code === 'HPE_HEADER_OVERFLOW' ? OVERFLOW : 'The request cannot be read. Nothing was done.';
  return problemOf(reject('invalid_request', because));
};

/** Answers what could not be read, as far as anybody still listens, and ends the connection. */
export const refuseUnread = (error: { readonly code?: string }, socket: Socket) => {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const problem = problemFor(error.code);
  const requestId = randomUUID();
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
};
