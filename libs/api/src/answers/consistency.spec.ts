import { afterAll, beforeAll, beforeEach, expect, it, jest } from '@jest/globals';
import { Controller, Module, Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { NO_PROGRESS, operationLinks, problemOf, routes, type Operation, type OperationState } from '@drover/contracts';
import { Instant, OperationId, reject, rights } from '@drover/kernel';
import type { ReadViews } from './read-views.js';
import { Refused } from './refused.js';
import { ApiModule } from '../api.module.js';
import { guardProvider } from '../guard/guard-ports.js';
import { Input } from '../routes/request.js';
import { Route } from '../routes/routes.js';
import { httpAdapter } from '../server/server.js';

const id = OperationId.parse('power.power-420570c7-f61f-a930-77c5-1e876786cb3c.17');
const at = Instant.parse('2026-11-20T12:00:00Z');
const operation = (state: OperationState): Operation => ({
  ...{ id, kind: 'vm.power-off', target: { type: 'vm', id: 'x', name: 'x' }, parent: null, state },
  ...{ phase: null, steps: [], progress: NO_PROGRESS, condition: null, conditionSince: null, attempts: 1 },
  ...{ deadline: null, reason: null, requestedBy: 'ana', requestedAt: at, endedAt: null, items: null },
  ...{ evidence: null, result: null, error: null, nextActions: [], links: operationLinks(id, '/', false) },
});

let answer: () => unknown;
let asked: unknown[];
let found: Awaited<ReturnType<ReadViews['after']>> | Error;
let reached: Awaited<ReturnType<ReadViews['reached']>>;
beforeEach(() => {
  answer = () => operation('succeeded');
  asked = [];
  found = { position: 'c1.k1-r1.7' };
  reached = null;
});

const views: ReadViews = {
  after: async (...of) => {
    asked.push(of);
    if (found instanceof Error) throw found;
    return found;
  },
  reached: async (cursor) => (asked.push(cursor), reached),
};

@Controller()
class Answers {
  @Route(routes.getOperation, 'power')
  get() {
    return answer();
  }
  @Route(routes.sourcePowerOn)
  on() {
    return answer();
  }
  @Route(routes.powerOff)
  off() {
    return answer();
  }
  @Route(routes.getFleet)
  fleet(@Input() { query }: { query: object }) {
    return { query };
  }
  @Route(routes.listConnections)
  connections() {
    return {};
  }
}

let app: NestFastifyApplication;
beforeAll(async () => {
  const door = {
    identify: async () => ({ sub: 'ana', rights, via: 'bearer' as const }),
    origin: 'http://localhost:80',
    audit: { record: async () => {} },
    views,
  };
  @Module({ imports: [ApiModule], controllers: [Answers], providers: [guardProvider(door)] })
  class Mounted {}
  const adapter = await httpAdapter({ allowedHosts: ['localhost:80'], trustedProxies: [] });
  app = await NestFactory.create<NestFastifyApplication>(Mounted, adapter, { logger: false });
  await app.init();
});
afterAll(() => app.close());

const ask = async (url: string, method: 'GET' | 'POST' = 'GET') => {
  const headers = { 'idempotency-key': 'k' };
  const said = await app.inject({ method, url, headers, ...(method === 'POST' && { payload: {} }) });
  return { status: said.statusCode, body: said.json<Record<string, unknown>>(), headers: said.headers };
};
const path = `/api/v1/operations/${id}`;
const vm = '420570c7-f61f-a930-77c5-1e876786cb3c';

it('K44: an answer that says how an operation ended waits for the views, and says where they have it', async () => {
  const { body, headers } = await ask(path);
  expect([body['state'], body['position'], headers['drover-view']]).toEqual(['succeeded', 'c1.k1-r1.7', undefined]);
  expect(asked).toEqual([['power', id]]);
});

it('K44: it goes out marked when the views do not come', async () => {
  found = null;
  const { status, body, headers } = await ask(path);
  expect([status, body['position'], headers['drover-view']]).toEqual([200, undefined, 'behind']);
});

it('K44: it goes out marked when a view cannot be read: what was done is not refused for that', async () => {
  const complained = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => {});
  found = Object.assign(new Error('views.db is damaged'), { name: 'StoreRefused', code: 'view_unreadable' });
  const { status, body, headers } = await ask(path);
  expect([status, body['state'], headers['drover-view']]).toEqual([200, 'succeeded', 'behind']);
  expect(String(complained.mock.lastCall)).toContain('views.db is damaged');
  complained.mockRestore();
  found = new TypeError('a fault of ours');
  expect((await ask(path)).status).toBe(500);
});

it('K44: what runs still waits for nothing; of a bulk the items that ended are waited for', async () => {
  answer = () => operation('running');
  expect((await ask(path)).body).not.toHaveProperty('position');
  expect(asked).toEqual([]);
  const item = {
    target: { type: 'vm', id: 'x', name: 'x' },
    state: 'succeeded',
    operation: null,
    error: null,
  } as const;
  answer = () => ({ ...operation('running'), items: [item] });
  expect((await ask(path)).body).not.toHaveProperty('position'); // it has not ended itself
  expect(asked).toEqual([['power', id]]);
});

it('K44: so do the older paths, in success and in failure; a refusal that knows no operation does not', async () => {
  found = null;
  const older = `/api/v1/vm/${vm}/power-on`;
  answer = () => ({ success: true });
  expect((await ask(older, 'POST')).headers['drover-view']).toBe('behind');
  const failed = problemOf({ ...reject('operation_timed_out', 'It took too long.'), see: id });
  answer = () => {
    throw new Refused(failed);
  };
  const timedOut = await ask(older, 'POST');
  expect([timedOut.status, timedOut.headers['drover-view']]).toEqual([504, 'behind']);
  expect(asked).toEqual([
    ['power', undefined],
    ['power', id],
  ]);
  answer = () => {
    throw new Refused(problemOf(reject('not_found', 'No.')));
  };
  expect((await ask(older, 'POST')).headers).not.toHaveProperty('drover-view');
});

it('K44: a dry run did nothing that views could show', async () => {
  await ask(`/api/v1/vms/${vm}/actions/power-off?dryRun=true`, 'POST');
  expect(asked).toEqual([]);
});

it('K44: a read waits for the place it is asked to show, and nobody behind the door is told', async () => {
  expect(await ask('/api/v1/fleet?min-position=c1.k1-r1.9')).toMatchObject({ status: 200, body: { query: {} } });
  expect(asked).toEqual(['c1.k1-r1.9']);
  reached = reject('view_behind', 'Not yet.', { retryAfterSeconds: 1 });
  expect(await ask('/api/v1/fleet?min-position=c1.k1-r1.9')).toMatchObject({
    ...{ status: 503, headers: { 'retry-after': '1' }, body: { code: 'view_behind' } },
  });
  expect((await ask('/api/v1/connections?min-position=c1.k1-r1.9')).status).toBe(400); // no view of the journal
});
