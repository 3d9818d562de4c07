import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { NO_PROGRESS, operationLinks, routes, type Operation, type OperationState } from '@drover/contracts';
import { Instant, OperationId, reject, rights } from '@drover/kernel';
import { follow, type Wait } from './operation-reply.js';
import { ApiModule } from '../api.module.js';
import { guardProvider } from '../guard/guard-ports.js';
import { Exchanged, type Exchange } from '../routes/request.js';
import { Route } from '../routes/routes.js';
import { httpAdapter } from '../server/server.js';

const id = OperationId.parse('inventory.connection-lab.1');
const path = `/api/v1/operations/${id}`;
const at = Instant.parse('2026-11-20T12:00:00Z');
const operation = (state: OperationState): Operation => ({
  ...{ id, kind: 'connection.refresh', target: { type: 'connection', id: 'lab', name: 'lab' }, parent: null, state },
  ...{ phase: null, steps: [], progress: NO_PROGRESS, condition: null, conditionSince: null, attempts: 1 },
  ...{ deadline: null, reason: null, requestedBy: 'ana', requestedAt: at, endedAt: null, items: null },
  ...{ evidence: null, result: null, error: null, nextActions: [], links: operationLinks(id, '/', false) },
});

let answer: Parameters<typeof follow>[0];
let later: Awaited<ReturnType<Wait>>;
let waits: unknown[] = [];
beforeEach(() => {
  answer = { operation: operation('running'), replayed: false };
  later = operation('succeeded');
  waits = [];
});

@Controller()
class Connections {
  @Route(routes.refreshConnection)
  refresh(@Exchanged() exchange: Exchange) {
    return follow(answer, exchange, async (asked, { sub }) => (waits.push({ ...asked, sub }), later));
  }
}

let app: NestFastifyApplication;
beforeAll(async () => {
  const door = {
    identify: async () => ({ sub: 'ana', rights, via: 'bearer' as const }),
    origin: 'http://localhost:80',
    audit: { record: async () => {} },
  };
  @Module({ imports: [ApiModule], controllers: [Connections], providers: [guardProvider(door)] })
  class Mounted {}
  const adapter = await httpAdapter({ allowedHosts: ['localhost:80'], trustedProxies: [] });
  app = await NestFactory.create<NestFastifyApplication>(Mounted, adapter, { logger: false });
  await app.init();
});
afterAll(() => app.close());

const ask = async (headers: Record<string, string> = {}, query = '') => {
  const said = await app.inject({ method: 'POST', url: `/api/v1/connections/lab/refresh${query}`, headers });
  return { status: said.statusCode, body: said.json<Record<string, unknown>>(), headers: said.headers };
};

it('answers at once where the operation is followed, and when to look', async () => {
  const { status, body, headers } = await ask();
  expect([status, body['state'], waits]).toEqual([202, 'running', []]);
  expect(headers).toMatchObject({ location: path, 'operation-location': path, 'retry-after': '2' });
  expect(headers).not.toHaveProperty('preference-applied');
});

it('says that the request was known, and answers what is done already as accepted', async () => {
  answer = { operation: operation('failed'), replayed: true };
  const { status, headers } = await ask();
  expect([status, headers['idempotency-replayed'], headers['retry-after']]).toEqual([202, 'true', undefined]);
});

it('holds the answer as long as the client prefers: 200 when it has ended, else 202', async () => {
  const ended = await ask({ prefer: 'respond-async, wait=7' });
  expect([ended.status, ended.body['state'], ended.headers['preference-applied']]).toEqual([
    200,
    'succeeded',
    'wait=7',
  ]);
  later = operation('waiting');
  const open = await ask({ prefer: 'wait=900' });
  expect([open.status, open.headers['preference-applied'], open.headers['retry-after']]).toEqual([202, 'wait=55', '2']);
  expect(waits).toEqual([
    { id, seconds: 7, sub: 'ana' },
    { id, seconds: 55, sub: 'ana' },
  ]);
});

it.each(['Wait=3', 'wait = 3', 'wait="3"', 'return=minimal, WAIT=3'])('reads %j', async (prefer) => {
  expect((await ask({ prefer })).headers['preference-applied']).toBe('wait=3');
});

it('cuts what is longer than 55 seconds, however long it is', async () => {
  for (const seconds of ['56', '1234567', '9'.repeat(400)])
    expect((await ask({ prefer: `wait=${seconds}` })).headers['preference-applied']).toBe('wait=55');
});

it.each(['wait', 'wait=', 'wait=-1', 'wait=soon', 'await=3', 'wait=1e30', 'wait="3'])(
  'holds nothing for %j',
  async (prefer) => {
    const { status, headers } = await ask({ prefer });
    expect([status, headers['preference-applied'], waits]).toEqual([202, undefined, []]);
  },
);

it('has nothing to wait for in a dry run, and nothing to follow', async () => {
  const { status, headers } = await ask({ prefer: 'wait=7' }, '?dryRun=true');
  expect([status, headers['location'], waits]).toEqual([202, undefined, []]);
  answer = { operation: operation('succeeded'), replayed: true };
  expect((await ask({}, '?dryRun=true')).headers['idempotency-replayed']).toBe('true');
});

it('a refusal is a problem, of the request as of the wait', async () => {
  answer = reject('connection_blocked', 'No.');
  expect(await ask()).toMatchObject({ status: 409, body: { code: 'connection_blocked' } });
  answer = { operation: operation('running'), replayed: false };
  later = reject('not_found', 'Gone.');
  expect(await ask({ prefer: 'wait=7' })).toMatchObject({ status: 404, body: { code: 'not_found' } });
});
