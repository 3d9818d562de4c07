import { OutboundFault, type OutboundAnswer, type OutboundRequest } from '@drover/ports';
import type { Dispatcher } from 'undici';

const MAX_BYTES = 5 * 1024 * 1024;

/** What made an exchange end early, told to the socket as well. */
const codeOf = (signal: AbortSignal) =>
  (signal.reason as Error | undefined)?.name === 'TimeoutError' ? 'timed_out' : 'aborted';

/**
 * One request and its answer. It goes straight to undici's dispatcher, because only its handler knows whether the
 * request was ever handed to a socket: until then nothing was sent, afterwards it may have been.
 */
export const exchange = (dispatcher: Dispatcher, request: OutboundRequest, signal: AbortSignal) =>
  new Promise<OutboundAnswer>((done, fail) => {
    const { origin, pathname, search } = new URL(request.url);
    const chunks: Buffer[] = [];
    let [sent, size, status]: ['no' | 'maybe', number, number] = ['no', 0, 0];
    let headers: OutboundAnswer['headers'] = {};
    let controller: Dispatcher.DispatchController | null = null;
    const end = (error: unknown) => {
      signal.removeEventListener('abort', stop);
      fail(error instanceof OutboundFault ? error : fault('unreachable', messageOf(error), error));
    };
    const fault = (code: OutboundFault['code'], detail: string, cause?: unknown) =>
      new OutboundFault(code, detail, sent, { cause });
    const giveUp = (code: OutboundFault['code'], detail: string) => {
      const reason = fault(code, detail);
      end(reason);
      controller?.abort(reason);
    };
    const stop = () => giveUp(codeOf(signal), codeOf(signal) === 'timed_out' ? 'no answer in time' : 'called off');
    if (signal.aborted) return stop();
    signal.addEventListener('abort', stop);
    dispatcher.dispatch(
      {
        ...{ origin, path: `${pathname}${search}`, method: request.method, body: request.body ?? null },
        headers: { ...request.headers },
        ...{ headersTimeout: 0, bodyTimeout: 0 }, // the signal holds the one time limit
      },
      {
        onRequestStart: (given) => {
          controller = given;
          if (signal.aborted) return given.abort(new OutboundFault(codeOf(signal), 'called off', 'no'));
          sent = 'maybe';
        },
        onResponseStart: (_controller, code, names) => {
          status = code;
          headers = Object.fromEntries(
            Object.entries(names).flatMap(([name, value]) => (value ? [[name, value]] : [])),
          );
        },
        onResponseData: (_controller, chunk) => {
          size += chunk.length;
          chunks.push(chunk);
          if (size > (request.maxBytes ?? MAX_BYTES)) giveUp('too_large', 'the answer is larger than allowed');
        },
        onResponseEnd: () => {
          signal.removeEventListener('abort', stop);
          done({ status, headers, body: Buffer.concat(chunks).toString('utf8') });
        },
        onResponseError: (_controller, error) => end(error),
      },
    );
  });

const messageOf = (error: unknown) =>
  error instanceof Error && error.message ? error.message : 'the connection broke';
