// The laws of outbound HTTP: only to the connection's own origin, no redirect, bounded answers, and nothing sent for who may
// not send any more. Never: leave out the count of received requests; a fault that says `no` must be true at the server.
import { expect } from '@jest/globals';
import type { ConnectionTarget } from '@drover/kernel';
import { lawsInTurn, type Laws } from '../laws/testing.js';
import type { OutboundHttp } from './outbound-http.js';

/** What the suite runs on: a server at the target's url that answers `POST /echo` with the body it got, `GET /moved` with a redirect. */
export interface OutboundHttpBench {
  readonly http: OutboundHttp;
  readonly target: ConnectionTarget;
  /** How many requests have reached the server, where it counts them. */
  received?(): number;
  close?(): Promise<void>;
}

const { signal } = new AbortController();
const at = ({ target }: OutboundHttpBench, path: string) => new URL(path, target.url ?? undefined).href;

/** The laws every way out of the house keeps, each with its test. */
export const outboundHttpLaws = {
  'brings back status and body, whatever the letters': async (bench) => {
    const request = { method: 'POST', url: at(bench, '/echo'), body: 'Zürich', timeoutMs: 5_000 } as const;
    expect(await bench.http.request(bench.target, request, signal)).toMatchObject({ status: 200, body: 'Zürich' });
  },

  'does not follow a redirect, and says where it leads': async (bench) => {
    const answer = await bench.http.request(
      bench.target,
      { method: 'GET', url: at(bench, '/moved'), timeoutMs: 5_000 },
      signal,
    );
    expect(answer).toMatchObject({ status: 302, headers: { location: expect.any(String) } });
  },

  'goes nowhere but to the origin of the connection': async (bench) => {
    const request = { method: 'GET', url: 'http://203.0.113.1/', timeoutMs: 1_000 } as const;
    await expect(bench.http.request(bench.target, request, signal)).rejects.toMatchObject({
      code: 'address_refused',
      sent: 'no',
    });
  },

  'reads no more than it was told to': async (bench) => {
    const request = {
      method: 'POST',
      url: at(bench, '/echo'),
      body: 'x'.repeat(100),
      timeoutMs: 5_000,
      maxBytes: 10,
    } as const;
    await expect(bench.http.request(bench.target, request, signal)).rejects.toMatchObject({ code: 'too_large' });
  },

  'sends nothing for a signal that is aborted already': async (bench) => {
    const gone = AbortSignal.abort();
    const request = { method: 'POST', url: at(bench, '/echo'), body: 'x', timeoutMs: 5_000 } as const;
    const before = bench.received?.();
    const fault = { name: 'OutboundFault', code: 'aborted', sent: 'no' };
    await expect(bench.http.request(bench.target, request, gone)).rejects.toMatchObject(fault);
    expect(bench.received?.()).toBe(before);
  },

  'asks whether it may send behind everything that it waits for, and sends nothing then': async (bench) => {
    const before = bench.received?.();
    let may = true;
    const request = {
      method: 'POST',
      url: at(bench, '/echo'),
      body: 'x',
      timeoutMs: 5_000,
      mayStart: () => may,
    } as const;
    const sent = bench.http.request(bench.target, request, signal);
    may = false;
    await expect(sent).rejects.toMatchObject({ name: 'OutboundFault', code: 'aborted', sent: 'no' });
    expect(bench.received?.()).toBe(before);
  },
} satisfies Laws<OutboundHttpBench>;

/** Runs the laws. An adapter's own spec is one call to this function. */
export const outboundHttpContract = (name: string, open: () => Promise<OutboundHttpBench>) =>
  lawsInTurn(`${name} keeps the laws of outbound HTTP`, outboundHttpLaws, open);
