import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ConnectionTarget } from '@drover/kernel';
import type { OutboundHttp } from './outbound-http.js';

/** What the suite runs on: a server at the target's url that answers `POST /echo` with the body it got, `GET /moved` with a redirect. */
export interface OutboundHttpBench {
  readonly http: OutboundHttp;
  readonly target: ConnectionTarget;
  close?(): Promise<void>;
}

/** The laws every way out of the house keeps. */
export const outboundHttpContract = (name: string, open: () => Promise<OutboundHttpBench>) =>
  describe(`${name} keeps the laws of outbound HTTP`, () => {
    let bench: OutboundHttpBench;
    const { signal } = new AbortController();
    beforeAll(async () => void (bench = await open()));
    afterAll(() => bench.close?.());
    const at = (path: string) => new URL(path, bench.target.url ?? undefined).href;

    it('brings back status, headers and body', async () => {
      const request = { method: 'POST', url: at('/echo'), body: 'Zürich', timeoutMs: 5_000 } as const;
      expect(await bench.http.request(bench.target, request, signal)).toMatchObject({ status: 200, body: 'Zürich' });
    });

    it('does not follow a redirect', async () => {
      const answer = await bench.http.request(
        bench.target,
        { method: 'GET', url: at('/moved'), timeoutMs: 5_000 },
        signal,
      );
      expect(answer.status).toBe(302);
    });

    it('goes nowhere but to the origin of the connection', async () => {
      const request = { method: 'GET', url: 'http://203.0.113.1/', timeoutMs: 1_000 } as const;
      await expect(bench.http.request(bench.target, request, signal)).rejects.toMatchObject({
        code: 'address_refused',
        sent: 'no',
      });
    });

    it('reads no more than it was told to', async () => {
      const request = {
        method: 'POST',
        url: at('/echo'),
        body: 'x'.repeat(100),
        timeoutMs: 5_000,
        maxBytes: 10,
      } as const;
      await expect(bench.http.request(bench.target, request, signal)).rejects.toMatchObject({ code: 'too_large' });
    });

    it('sends nothing for a signal that is aborted already', async () => {
      const gone = AbortSignal.abort();
      const request = { method: 'POST', url: at('/echo'), body: 'x', timeoutMs: 5_000 } as const;
      await expect(bench.http.request(bench.target, request, gone)).rejects.toBeDefined();
    });
  });
