import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { httpAdapter, RouteTable, type Identify, type Requester, type VmViews } from '@drover/api';
import { Connection, Operation, pageOf, Probe, routes, Vm } from '@drover/contracts';
import { rights, systemNow } from '@drover/kernel';
import {
  flowsOf,
  memoryEventBus,
  memoryEventStore,
  memoryJobQueue,
  memoryMachineCatalog,
  memoryProviderContact,
  readCounter,
  memoryViewStore,
  memoryWorkStore,
  type Clock,
} from '@drover/ports';
import { idOf, machine, siteA, viewsOf } from '../testing.js';
import { InventoryModule } from './inventory.module.js';

const clock: Clock = {
  now: systemNow,
  monotonic: () => performance.now(),
  after: (ms, call) => {
    const timer = setTimeout(call, ms);
    return () => clearTimeout(timer);
  },
};
const people: Readonly<Record<string, Requester>> = {
  ana: { sub: 'ana', rights, via: 'bearer' },
  eve: { sub: 'eve', rights: ['vm:read'], via: 'bearer' },
};
const eventStore = memoryEventStore();
const catalog = memoryMachineCatalog(systemNow, [machine(1, systemNow()), machine(2, systemNow())]);
const stopping = new AbortController();
const jobs = memoryJobQueue(clock);
const bus = memoryEventBus(clock);
const flows = flowsOf({ bus, jobs, clock, report: () => {} });
let app: NestFastifyApplication;
let slow = false;

/** Waits for something that is about to happen, twenty seconds at most. */
const until = async <Answer>(ask: () => Promise<Answer>, holds: (answer: Answer) => boolean) => {
  for (const limit = performance.now() + 20_000; ;) {
    const answer = await ask();
    if (holds(answer) || performance.now() > limit) return answer;
    await new Promise<void>((done) => setTimeout(done, 2));
  }
};

beforeAll(async () => {
  const shown = viewsOf(eventStore);
  const vms: VmViews = { ...shown, after: async (...given) => (slow ? null : shown.after(...given)) };
  const identify: Identify = async ({ authorization }) => people[authorization ?? ''] ?? null;
  const ports = {
    ...{ eventStore, views: memoryViewStore(clock), work: memoryWorkStore(), report: () => {}, jobs, clock, catalog },
    ...{ contact: memoryProviderContact(clock), reads: readCounter('spec'), configured: [siteA] },
    stopping: stopping.signal,
  };
  const inventory = await InventoryModule.with(ports, {
    flows,
    door: { origin: 'http://localhost:80', identify, vms },
  });
  app = await NestFactory.create<NestFastifyApplication>(
    inventory.module,
    await httpAdapter({ allowedHosts: ['localhost:80'], trustedProxies: [] }),
    { logger: false, abortOnError: false },
  );
  await app.init();
  await flows.start();
  await until(
    () => ask('/api/v1/connections/site-a'),
    (answer) => answer.statusCode === 200 && answer.json().state === 'up',
  );
});
afterAll(async () => {
  stopping.abort(new Error('the process stops'));
  await app.close();
  await flows.stop();
});

const ask = (url: string, authorization = 'ana') => app.inject({ url, headers: { authorization } });
interface Sent {
  body?: object;
  key?: string;
  authorization?: string;
  headers?: Record<string, string>;
}
const send = (method: 'POST' | 'PATCH', url: string, { body, key, authorization = 'ana', headers = {} }: Sent = {}) =>
  app.inject({
    ...{ method, url },
    headers: { authorization, ...(key !== undefined && { 'idempotency-key': key }), ...headers },
    ...(body && { payload: body }),
  });
const vm = `/api/v1/vms/${idOf(1)}`;

it('mounts every route of the catalogue that inventory owns', () => {
  const mounted = app.get(RouteTable, { strict: false }).rows.map(({ path, method }) => `${method} ${path}`);
  const owned = Object.values(routes).filter(({ owner }) => owner === 'inventory' || owner === 'operation');
  expect(mounted.sort()).toEqual(owned.map(({ path, method }) => `${method} ${path}`).sort());
});

it('shows the connections, with their versions', async () => {
  const page = await ask('/api/v1/connections');
  expect(pageOf(Connection).parse(page.json())).toEqual(page.json());
  expect(page.json()).toMatchObject({
    items: [{ id: 'site-a', state: 'up', discovery: { state: 'complete', seen: 2 } }],
  });
  const one = await ask('/api/v1/connections/site-a');
  expect(one.headers['etag']).toBe(`"c${one.json().version}"`);
  expect((await ask('/api/v1/connections/nowhere')).json()).toMatchObject({ status: 404, code: 'not_found' });
  expect((await ask('/api/v1/connections?cursor=1')).json()).toMatchObject({ status: 400, code: 'cursor_invalid' });
});

it('registers a machine: 201, the same for its key, 409 and 422 for others', async () => {
  const body = { name: 'soon', aliases: [{ source: null, kind: 'cloud-instance-id', value: 'i-1' }] };
  const first = await send('POST', '/api/v1/vms', { body, key: 'k1' });
  expect([first.statusCode, first.headers['etag']]).toEqual([201, first.json().version]);
  expect(Vm.parse(first.json())).toEqual(first.json());
  expect(first.headers['location']).toBe(`/api/v1/vms/${first.json().id}`);
  const again = await send('POST', '/api/v1/vms', { body, key: 'k1' });
  expect([again.statusCode, again.json().id, again.headers['idempotency-replayed']]).toEqual([
    201,
    first.json().id,
    'true',
  ]);
  expect((await send('POST', '/api/v1/vms', { body: { name: 'x' }, key: 'k1' })).json()).toMatchObject({ status: 422 });
  const other = await until(
    () => send('POST', '/api/v1/vms', { body, key: 'k2' }),
    ({ statusCode }) => statusCode === 409,
  );
  expect(other.json()).toMatchObject({ code: 'alias_conflict', candidates: [{ id: first.json().id, name: 'soon' }] });
  expect((await send('POST', '/api/v1/vms', { body })).json()).toMatchObject({ code: 'idempotency_key_required' });
});

it('edits a machine by its version, and tries it first', async () => {
  const tried = await send('PATCH', `${vm}?dryRun=true`, { body: { displayName: 'Shop' } });
  expect(tried.json()).toMatchObject({ displayName: 'Shop' });
  const edited = await send('PATCH', vm, { body: { description: 'sells' } });
  expect([edited.statusCode, edited.json()]).toMatchObject([200, { displayName: null, description: 'sells' }]);
  const stale = await send('PATCH', vm, { body: { displayName: 'x' }, headers: { 'if-match': '"i1.p0.r0.m0"' } });
  expect(stale.json()).toMatchObject({ status: 412, code: 'version_mismatch', vm_id: idOf(1) });
  const etag = edited.headers['etag'] as string;
  expect((await send('PATCH', vm, { body: { displayName: 'x' }, headers: { 'if-match': etag } })).statusCode).toBe(200);
  expect((await send('PATCH', vm, { body: { colour: 'red' } })).json()).toMatchObject({ code: 'invalid_request' });
});

it('answers 202 with the id while the view is not there', async () => {
  slow = true;
  const answer = await send('PATCH', vm, { body: { displayName: 'later' } });
  slow = false;
  expect([answer.statusCode, answer.json()]).toEqual([202, { id: idOf(1) }]);
});

it('retires a machine, once and for all', async () => {
  const two = `/api/v1/vms/${idOf(2)}`;
  const retired = await send('POST', `${two}/retire`, { body: { reason: 'sold' } });
  expect([retired.statusCode, retired.json().lifecycle]).toMatchObject([200, { state: 'retired', cause: 'by_hand' }]);
  expect((await send('POST', `${two}/retire`)).statusCode).toBe(200);
  expect((await send('PATCH', two, { body: { displayName: 'x' } })).json()).toMatchObject({
    status: 410,
    code: 'vm_gone',
  });
});

it('refreshes a connection: 202 and where to follow it, or 200 when one waits', async () => {
  const answer = await send('POST', '/api/v1/connections/site-a/refresh');
  expect(answer.statusCode).toBe(202);
  const location = answer.headers['location'] as string;
  expect(location).toBe(`/api/v1/operations/${answer.json().id}`);
  await until(
    () => ask(location),
    (followed) => followed.json().state === 'succeeded',
  );
  const followed = await ask(location);
  expect(Operation.parse(followed.json())).toEqual(followed.json());
  const waited = await send('POST', '/api/v1/connections/site-a/refresh', { headers: { prefer: 'wait=10' } });
  expect([waited.statusCode, waited.headers['preference-applied'], waited.json().state]).toEqual([
    200,
    'wait=10',
    'succeeded',
  ]);
  expect((await ask(`${location}/facts`)).json().items).toHaveLength(2);
  expect((await send('POST', `${location}/cancel`)).json()).toMatchObject({ status: 409, code: 'not_cancellable' });
  expect((await send('POST', `${location}/check`)).json()).toMatchObject({ status: 409, code: 'wrong_state' });
  const mark = { body: { outcome: 'failed', reason: 'looked' } };
  expect((await send('POST', `${location}/mark`, mark)).json()).toMatchObject({ status: 409, code: 'wrong_state' });
  const again = await send('POST', `${location}/run-again`, { key: 'k9', headers: { prefer: 'wait=10' } });
  expect([again.statusCode, again.json().state]).toEqual([200, 'succeeded']);
  expect((await send('POST', `${location}/run-again`, { key: 'k9' })).headers['idempotency-replayed']).toBe('true');
  for (const other of ['inventory.connection-site-a.99', 'inventory.vm-1.1', 'power.power-1.1'])
    expect((await ask(`/api/v1/operations/${other}`)).json()).toMatchObject({ status: 404, code: 'not_found' });
});

it('tests and resets a connection', async () => {
  const probes = await send('POST', '/api/v1/connections/site-a/test');
  expect([probes.statusCode, Probe.array().parse(probes.json())]).toMatchObject([200, [{ step: 'read', ok: true }]]);
  const reset = await send('POST', '/api/v1/connections/site-a/reset');
  expect([reset.statusCode, Connection.parse(reset.json())]).toMatchObject([200, { signIn: { blocked: false } }]);
});

it('refuses whoever may not, and records it', async () => {
  for (const [method, url, body] of [
    ['POST', `${vm}/retire`, {}],
    ['PATCH', vm, {}],
    ['POST', '/api/v1/connections/site-a/test', {}],
    ['POST', '/api/v1/connections/site-a/reset', {}],
    ['POST', '/api/v1/connections/site-a/refresh', {}],
  ] as const)
    expect((await send(method, url, { body, authorization: 'eve' })).json()).toMatchObject({
      status: 403,
      code: 'forbidden',
    });
  expect((await ask('/api/v1/connections', 'nobody')).statusCode).toBe(401);
  const audited = (await eventStore.readAll(0, 10_000)).filter(({ stream }) => stream === 'audit-inventory');
  const types = audited.flatMap(({ facts }) => facts.map(({ fact }) => fact.type));
  expect(types.filter((type) => type === 'AuditDenialRecorded')).toHaveLength(6);
});
