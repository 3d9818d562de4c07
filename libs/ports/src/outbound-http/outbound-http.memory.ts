// Outbound HTTP by a function, for specs of adapters. Never: a request past the origin of its connection, or one that may
// not start any more.
import { OutboundFault, type OutboundAnswer, type OutboundHttp, type OutboundRequest } from './outbound-http.js';

/** The reference adapter: answers come from a function, and only requests to the connection's own origin reach it. */
export const memoryOutboundHttp = (
  answer: (request: OutboundRequest) => OutboundAnswer | Promise<OutboundAnswer>,
): OutboundHttp => ({
  request: async (target, request, signal) => {
    if (signal.aborted) throw new OutboundFault('aborted', 'called off', 'no');
    if (!target.url || new URL(target.url).origin !== new URL(request.url).origin)
      throw new OutboundFault('address_refused', 'the address is not that of the connection', 'no');
    await Promise.resolve(); // the way to the other side
    if (request.mayStart?.() === false) throw new OutboundFault('aborted', 'it may not be sent any more', 'no');
    const given = await answer(request);
    if (given.body.length > (request.maxBytes ?? 5 * 1024 * 1024))
      throw new OutboundFault('too_large', 'the answer is too large', 'maybe');
    return given;
  },
  release: async () => {},
});
