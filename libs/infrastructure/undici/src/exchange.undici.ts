// One request over undici's dispatcher, bounded in time and bytes. It knows whether the request was handed to a socket,
// which decides whether it may have been sent. Never: follow a redirect, retry, or decode an encoding that nobody asked for.
import { OutboundFault, type Clock, type OutboundAnswer, type OutboundRequest } from '@drover/ports';
import type { Dispatcher } from 'undici';

const MAX_BYTES = 5 * 1024 * 1024;

/** What one exchange is made with: its pool, and the time it is measured by. */
export interface Way {
  readonly dispatcher: Dispatcher;
  readonly clock: Pick<Clock, 'after'>;
}

/**
 * One request and its answer. It goes straight to undici's dispatcher, because only its handler knows whether the
 * request was ever handed to a socket: until then nothing was sent, afterwards it may have been.
 */
export const exchange = ({ dispatcher, clock }: Way, request: OutboundRequest, signal: AbortSignal) =>
  new Promise<OutboundAnswer>((done, fail) => {
    const { origin, pathname, search } = new URL(request.url);
    const chunks: Buffer[] = [];
    const most = request.maxBytes ?? MAX_BYTES;
    const tooLarge = `the answer is larger than ${most} bytes`;
    let [sent, size, status]: ['no' | 'maybe', number, number] = ['no', 0, 0];
    let headers: OutboundAnswer['headers'] = {};
    let controller: Dispatcher.DispatchController | null = null;
    let given: OutboundFault | null = null;
    const fault = (code: OutboundFault['code'], detail: string, cause?: unknown) =>
      new OutboundFault(code, detail, sent, { cause });
    const rest = () => {
      cancel();
      signal.removeEventListener('abort', callOff);
    };
    const end = (error: unknown) => {
      rest();
      given ??= error instanceof OutboundFault ? error : fault('unreachable', messageOf(error), error);
      fail(given);
      return given;
    };
    const giveUp = (code: OutboundFault['code'], detail: string) => {
      const reason = end(fault(code, detail));
      controller?.abort(reason);
    };
    const callOff = () => giveUp('aborted', 'called off');
    if (signal.aborted) return fail(fault('aborted', 'called off'));
    const cancel = clock.after(request.timeoutMs, () => giveUp('timed_out', 'no answer in time'));
    signal.addEventListener('abort', callOff);
    dispatcher.dispatch(
      {
        origin,
        path: `${pathname}${search}`,
        method: request.method,
        body: request.body ?? null,
        headers: { ...request.headers },
        headersTimeout: 0, // the clock holds the one time limit
        bodyTimeout: 0,
      },
      {
        onRequestStart: (started) => {
          controller = started;
          if (given) return started.abort(given); // it waited for a socket longer than anybody waited for it
          if (request.mayStart?.() === false) return giveUp('aborted', 'it may not be sent any more');
          sent = 'maybe';
        },
        onResponseStart: (_controller, code, names) => {
          if (given) return;
          status = code;
          headers = Object.fromEntries(
            Object.entries(names).flatMap(([name, value]) => (value ? [[name, value]] : [])),
          );
          // Nothing was said of encodings we take: a few bytes could become very many.
          const encoding = [headers['content-encoding'] ?? 'identity'].flat().join(', ');
          if (encoding !== 'identity')
            giveUp('unreadable', `the answer is encoded as ${encoding}, which nobody asked for`);
          else if (Number(headers['content-length']) > most) giveUp('too_large', tooLarge);
        },
        onResponseData: (_controller, chunk) => {
          if (given) return;
          size += chunk.length;
          if (size > most) return giveUp('too_large', tooLarge);
          chunks.push(chunk);
        },
        onResponseEnd: () => {
          rest();
          done({ status, headers, body: Buffer.concat(chunks).toString('utf8') });
        },
        onResponseError: (_controller, error) => void end(error),
      },
    );
  });

const messageOf = (error: unknown) =>
  error instanceof Error && error.message ? error.message : 'the connection broke';
