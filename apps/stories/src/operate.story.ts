// What an operator does and what their scripts rely on: SIGTERM under load, health, streams and the API's older health path.
// Never: a figure that only holds on a fast machine; `figure` gives a smaller one for every change and the full one for the
// night.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Health, Operation, Problem, Vm } from '@drover/contracts';
import { figure } from '../../../tools/faultbench/tier.ts';
import { until, type Answer, type Api } from './api.js';
import { openHouse, startedHouse, within, type House } from './house.js';
import { openStream } from './live.js';

const SETTINGS = { DROVER_SIMULATOR_VMS: '120', DROVER_SIMULATOR_LATENCY: '0.05', DROVER_LOG: 'error' };
const STOPS = figure(5, 50);
const CLIENTS = 8;

it(
  `T-SHU-1: SIGTERM under load, ${STOPS} times: exit 0, no 5xx but 503, a bye to all, no request lost`,
  async () => {
    await using house = await openHouse(SETTINGS);
    const requested = new Set<string>();
    for (let stop = 0; stop < STOPS; stop++) {
      await house.start();
      const api = house.api();
      const fleet = await until(
        () => api.vms('?limit=200'),
        ({ body }) => body.total === 120 && body.complete,
      );
      const { items } = fleet.body;
      const streams = await Promise.all([1, 2, 3].map(() => openStream(house.url, api.authorization)));
      await Promise.all(streams.map((stream) => stream.find(({ event }) => event === 'hello')));
      const answers: Answer<unknown>[] = [];
      let stopping = false;
      /** Reads and requests, one after the other, until nobody listens any more. A request that was taken is remembered. */
      const client = async (_: unknown, n: number) => {
        for (let i = n; ; i += CLIENTS) {
          const path = `/api/v1/vms/${items[i % items.length]?.id}/actions`;
          const prefer = { prefer: `wait=${i % 2 === 0 ? 5 : 0}` };
          const asks = [
            () => api.vms('?limit=50'),
            () => api.post(`${path}/power-off`, { mode: 'hard' }, prefer),
            () => api.post(`${path}/power-on`, {}, prefer),
          ] as const;
          const answer = await asks[i % 3]?.().catch(() => null);
          if (answer) answers.push(answer);
          else if (stopping) return;
          else throw new Error('a request failed before the stop');
          if (answer.status < 300 && 'state' in answer.body) requested.add(answer.body.id);
        }
      };
      const clients = Promise.all(Array.from({ length: CLIENTS }, client));
      await until(
        async () => answers.length,
        (count) => count > 100,
      );
      const begun = performance.now();
      stopping = true;
      house.signal('SIGTERM');
      const { code, complained } = await house.ended();
      await clients;
      expect([code, complained]).toEqual([0, '']);
      expect(performance.now() - begun).toBeLessThan(25_000);
      expect(answers.filter(({ status }) => status >= 500 && status !== 503)).toEqual([]);
      await Promise.all(streams.map((stream) => stream.closed));
      for (const { frames } of streams)
        expect(frames.at(-1)).toMatchObject({ event: 'bye', data: expect.stringContaining('"reason":"shutdown"') });
    }
    await house.start();
    const api = house.api();
    const missing: string[] = [];
    for (const id of requested) if ((await api.operation(id)).status !== 200) missing.push(id);
    expect([missing, requested.size > STOPS]).toEqual([[], true]);
  },
  STOPS * 24_000,
);

describe('a house at work', () => {
  let house: House;
  let api: Api;
  let used: Vm;
  let quiet: Vm;
  beforeAll(async () => {
    house = await startedHouse(SETTINGS);
    api = house.api();
    [used, quiet] = (await api.vms('?power=poweredOn&limit=2')).body.items as [Vm, Vm];
  }, within);
  afterAll(() => house[Symbol.asyncDispose]());

  it(
    'says that it lives and is ready to anyone, and how each part does to those who may know',
    async () => {
      const open = async (path: string) => {
        const answer = await fetch(`${house.url}${path}`);
        return [answer.status, await answer.json()];
      };
      expect(await open('/health/live')).toEqual([200, { status: 'ok' }]);
      expect(await open('/health/ready')).toEqual([200, { status: 'ok' }]);
      expect(await open('/health/detail')).toMatchObject([401, { code: 'unauthenticated' }]);
      const { status, body } = await api.get<Health>('/health/detail');
      expect([status, body.status]).toEqual([200, 'ok']);
      for (const service of ['inventory', 'power', 'gateway'])
        expect(body.checks).toMatchObject({ [`${service} store`]: { ok: true, detail: expect.any(String) } });
    },
    within,
  );

  it(
    'echoes the id of a request, in refusals too, and makes one where it is none of ours',
    async () => {
      const ids = async (path: string, given?: string) => {
        const answer = await api.get<Partial<Problem>>(path, given === undefined ? {} : { 'x-request-id': given });
        return { header: answer.headers.get('x-request-id'), body: answer.body.requestId };
      };
      const mine = randomUUID();
      expect(await ids('/api/v1/fleet', mine)).toEqual({ header: mine, body: undefined });
      expect(await ids('/api/v1/vms/nobody', mine)).toEqual({ header: mine, body: mine });
      expect(await ids('/no/such/route', mine)).toEqual({ header: mine, body: mine });
      for (const given of [undefined, 'two words', 'x'.repeat(129), '"quoted"']) {
        const { header } = await ids('/api/v1/fleet', given);
        expect(header).toMatch(/^[0-9a-f-]{36}$/);
      }
      const accepted = await api.post<Operation>(
        `/api/v1/vms/${used.id}/actions/power-on`,
        {},
        { 'x-request-id': mine, prefer: 'wait=20' },
      );
      expect([accepted.status, accepted.headers.get('x-request-id')]).toEqual([200, mine]);
    },
    within,
  );

  it(
    'answers 304 for what the client has, until it changes',
    async () => {
      for (const path of [`/api/v1/vms/${quiet.id}`, '/api/v1/vms?limit=5']) {
        const first = await api.get(path);
        const etag = first.headers.get('etag') ?? '';
        expect([path, first.status, etag]).toEqual([path, 200, expect.stringMatching(/^(W\/)?"[^"]+"$/)]);
        for (const given of [etag, `"other", ${etag}`, `W/${etag.replace(/^W\//, '')}`]) {
          const same = await api.get(path, { 'if-none-match': given });
          expect([path, given, same.status, same.body, same.headers.get('etag')]).toEqual([path, given, 304, '', etag]);
        }
        expect((await api.get(path, { 'if-none-match': '"other"' })).status).toBe(200);
        expect((await api.send('PATCH', `/api/v1/vms/${quiet.id}`, { displayName: path })).status).toBe(200);
        const changed = await api.get(path, { 'if-none-match': etag });
        expect([path, changed.status]).toEqual([path, 200]);
        expect(changed.headers.get('etag')).not.toBe(etag);
      }
    },
    within,
  );

  it(
    'serves its documentation, and with DROVER_API_DOCS=false none of it',
    async () => {
      const statuses = async () =>
        Promise.all(
          ['/api/docs', '/api/docs/swagger-ui.css', '/api/openapi.json', '/api/asyncapi.json'].map(async (path) => {
            const { status, headers } = await fetch(`${house.url}${path}`);
            return [path, status, headers.get('content-type')?.split(';')[0]];
          }),
        );
      expect((await statuses()).map(([, status]) => status)).toEqual([200, 200, 200, 200]);
      await house.stop();
      await house.start({ DROVER_API_DOCS: 'false' });
      expect((await statuses()).map(([, ...answer]) => answer)).toEqual(
        Array(4).fill([404, 'application/problem+json']),
      );
      for (const path of ['/health/ready', '/problems/vm_gone'])
        expect((await fetch(`${house.url}${path}`)).status).toBe(200);
    },
    within,
  );
});
