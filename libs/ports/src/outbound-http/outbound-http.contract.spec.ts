import { turnsRed } from '../laws/testing.js';
import { sampleTarget as target } from '../samples.js';
import { outboundHttpLaws, type OutboundHttpBench } from './outbound-http.contract.js';
import { memoryOutboundHttp } from './outbound-http.memory.js';
import type { OutboundHttp } from './outbound-http.js';

type Request = OutboundHttp['request'];

const benchOf = (change: (request: Request) => Request = (request) => request): OutboundHttpBench => {
  let count = 0;
  const memory = memoryOutboundHttp(({ url, body = '' }) => {
    count += 1;
    return url.endsWith('/moved')
      ? { status: 302, headers: { location: 'http://203.0.113.1/' }, body: '' }
      : { status: 200, headers: {}, body };
  });
  return { http: { ...memory, request: change(memory.request) }, target, received: () => count };
};

/** Wrong on purpose: it takes every body for Latin-1. */
const garbling = () =>
  benchOf((request) => async (...of) => {
    const answer = await request(...of);
    return { ...answer, body: Buffer.from(answer.body).toString('latin1') };
  });

/** Wrong on purpose: it follows a redirect, to a host that is not allowed. */
const following = () =>
  benchOf((request) => async (to, asked, signal) => {
    const answer = await request(to, asked, signal);
    const { location: url } = answer.headers;
    return typeof url === 'string' ? request({ ...to, url }, { ...asked, url }, signal) : answer;
  });

/** Wrong on purpose: it brings the body, and no headers. */
const bare = () => benchOf((request) => async (...of) => ({ ...(await request(...of)), headers: {} }));

/** Wrong on purpose: it goes wherever the request says. */
const wandering = () => benchOf((request) => (to, asked, signal) => request({ ...to, url: asked.url }, asked, signal));

/** Wrong on purpose: it reads whatever comes. */
const boundless = () =>
  benchOf((request) => (to, asked, signal) => request(to, { ...asked, maxBytes: Infinity }, signal));

/** Wrong on purpose: it hands out what it could read as if it were all. */
const cutting = () =>
  benchOf((request) => async (to, asked, signal) => {
    const answer = await request(to, { ...asked, maxBytes: Infinity }, signal);
    return { ...answer, body: answer.body.slice(0, asked.maxBytes) };
  });

/** Wrong on purpose: it does not look at the signal. */
const heedless = () => benchOf((request) => (to, asked) => request(to, asked, new AbortController().signal));

/** Wrong on purpose: it looks at the signal when the answer is there. */
const late = () =>
  benchOf((request) => async (to, asked, signal) => {
    await request(to, asked, new AbortController().signal);
    return request(to, asked, signal);
  });

/** Wrong on purpose: it asks whether it may send, and then waits. */
const premature = () =>
  benchOf(
    (request) =>
      (to, { mayStart, ...asked }, signal) =>
        request(to, mayStart?.() === false ? { ...asked, mayStart } : asked, signal),
  );

const redirect = 'does not follow a redirect, and says where it leads';
const reads = 'reads no more than it was told to';
const aborted = 'sends nothing for a signal that is aborted already';

turnsRed(outboundHttpLaws, benchOf, [
  [premature, 'asks whether it may send behind everything that it waits for, and sends nothing then'],
  [garbling, 'brings back status and body, whatever the letters'],
  [following, redirect],
  [bare, redirect],
  [wandering, 'goes nowhere but to the origin of the connection'],
  [boundless, reads],
  [cutting, reads],
  [heedless, aborted],
  [late, aborted],
]);
