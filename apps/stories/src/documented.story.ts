// Every route is asked at a running house, and each answer is compared with the OpenAPI document: status, headers, media
// type. Never: an exception for a route; what is sent and not described is a defect of one of the two.
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openApi } from '@drover/contracts';
import type { Api } from './api.js';
import { startedHouse, within, type House } from './house.js';
import { sitesOf } from './sites.js';

type Json = Readonly<Record<string, unknown>>;

let house: House;
let api: Api;
let answered: readonly (readonly [where: string, answer: Response, response: Json])[];

const document = JSON.parse(JSON.stringify(openApi('0.0.0'))) as Json & {
  readonly info: { readonly description: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly responses: Json }>>>>;
};
const followed = (value: unknown): Json => {
  const { $ref } = value as { readonly $ref?: string };
  if ($ref === undefined) return value as Json;
  return followed(
    $ref
      .slice(2)
      .split('/')
      .reduce<unknown>((part, name) => (part as Json)[name], document),
  );
};

/** Asks once, and finds how the document describes what came. */
const asked = async (
  method: string,
  path: string,
  given: { readonly at?: string; readonly body?: unknown } & Omit<RequestInit, 'body'> = {},
) => {
  const { at = path.split('?')[0] ?? path, body, headers, ...more } = given;
  const answer = await fetch(`${house.url}${path}`, {
    ...{ method, redirect: 'manual', ...more },
    headers: {
      ...{ authorization: api.authorization, prefer: 'wait=10' },
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const where = `${method} ${at} ${answer.status}`;
  const response = document.paths[at]?.[method.toLowerCase()]?.responses[String(answer.status)];
  return [where, answer, followed(response ?? {})] as const;
};

type Machine = { readonly id: string } | undefined;
const key = () => ({ 'idempotency-key': crypto.randomUUID() });
const older = (verb: string) => `/api/v1/vm/{vm_id}/${verb}`;

/** Failures that the older paths have waited for: of the provider, at the time-out, and of a key that was used before. */
const failures = async (vm: Machine, other: Machine) => {
  const sites = sitesOf(house.dataDir);
  const failing = async (machine: Machine, how: 'reject' | 'hang', timeout: number, headers = key()) => {
    sites.fail({ vm: machine?.id ?? '', call: 'power-off', do: how });
    const body = { force: true, timeout, password: 'unused' };
    const prefer = how === 'hang' ? '' : 'wait=10';
    const about = { at: older('power-off'), body, headers: { ...headers, prefer } };
    return asked('POST', `/api/v1/vm/${machine?.id}/power-off`, about);
  };
  const once = key();
  const all = [
    await failing(vm, 'reject', 5, once),
    await failing(vm, 'reject', 5, once),
    await failing(other, 'hang', 1),
  ];
  sites.fail();
  return all;
};

/** Answers that the views do not show yet: another process holds what they are written to. */
const aheadOfViews = async (vm: Machine) => {
  const lock = new DatabaseSync(join(house.dataDir, 'gateway', 'views.db'));
  lock.exec('BEGIN IMMEDIATE');
  try {
    const power = await asked('POST', `/api/v1/vms/${vm?.id}/actions/power-off`, {
      ...{ at: '/api/v1/vms/{id}/actions/power-off', body: { mode: 'hard' }, headers: key() },
    });
    const operation = power[1].headers.get('location');
    const at = '/api/v1/connections/{id}/refresh';
    const refresh = await asked('POST', '/api/v1/connections/site-a/refresh', { at, body: {} });
    return [
      power,
      refresh,
      await asked('GET', `${operation}/facts`, { at: '/api/v1/operations/{id}/facts' }),
      await asked('POST', `${refresh[1].headers.get('location')}/cancel`, {
        at: '/api/v1/operations/{id}/cancel',
        body: {},
      }),
      await asked('POST', `/api/v1/vm/${vm?.id}/power-on`, { at: older('power-on'), body: {}, headers: key() }),
    ];
  } finally {
    lock.exec('ROLLBACK');
    lock.close();
  }
};

/** A token says who asks, and the cookie beside it is of no session. */
const withDeadCookie = (vm: Machine) => {
  const cookie = 'drover_sid=0123456789abcdefghijklmnopqrstuvwxyzABCDEFG';
  const dead = (path: string, given: Parameters<typeof asked>[2] = {}) =>
    asked(given.method ?? 'GET', path, { ...given, headers: { cookie, ...given.headers } });
  return Promise.all([
    dead('/api/v1/vms?limit=1'),
    dead('/api/v1/fleet?colour=red'),
    dead('/api/v1/fleet', { headers: { accept: 'text/csv' } }),
    dead(`/api/v1/vms/${crypto.randomUUID()}`, { at: '/api/v1/vms/{id}' }),
    dead('/api/v1/events?after=c1.other-1.1'),
    dead(`/api/v1/vm/${vm?.id}/power-state`, { at: older('power-state') }),
    dead(`/api/v1/vm/${vm?.id}/power-off`, { at: older('power-off'), method: 'POST', body: { timeout: 0 } }),
    dead('/api/auth/link/none', { at: '/api/auth/link/{code}' }),
    dead('/api/auth/session'),
    dead('/api/docs'),
    dead('/problems/vm_gone', { at: '/problems/{code}' }),
    dead('/health/ready'),
  ]);
};

beforeAll(async () => {
  house = await startedHouse({ DROVER_SIMULATOR_VMS: '12', DROVER_SIMULATOR_LATENCY: '0' });
  api = house.api();
  const [vm, other, ...more] = (await api.vms('?power=poweredOn&limit=5')).body.items;
  const id = vm?.id ?? '';
  const off = '/api/v1/vms/{id}/actions/power-off';
  const verb = (name: string) => `/api/v1/vms/{id}/actions/${name}`;
  const operation = await api.done(`/api/v1/vms/${other?.id}/actions/power-off`, { mode: 'hard' });
  const stop = new AbortController();
  answered = [
    await asked('GET', '/api/v1/vms?limit=2'),
    await asked('GET', `/api/v1/vms/${id}`, { at: '/api/v1/vms/{id}' }),
    await asked('GET', `/api/v1/vms/${crypto.randomUUID()}`, { at: '/api/v1/vms/{id}' }),
    await asked('GET', `/api/v1/vms/${id}/history?limit=1`, { at: '/api/v1/vms/{id}/history' }),
    await asked('GET', '/api/v1/fleet'),
    await asked('GET', '/api/v1/fleet', { headers: { authorization: '' } }),
    await asked('GET', '/api/v1/vms/lookup?name=nobody'),
    await asked('GET', '/api/v1/events?limit=1'),
    await asked('GET', '/api/v1/events?after=nonsense'),
    await asked('GET', '/api/events/stream', { signal: stop.signal }),
    await asked('GET', '/api/v1/operations?limit=1'),
    await asked('GET', `/api/v1/operations/${operation.id}`, { at: '/api/v1/operations/{id}' }),
    await asked('POST', `/api/v1/operations/${operation.id}/cancel`, {
      at: '/api/v1/operations/{id}/cancel',
      body: {},
    }),
    await asked('GET', '/api/v1/connections'),
    await asked('GET', '/api/v1/connections/site-a', { at: '/api/v1/connections/{id}' }),
    await asked('POST', '/api/v1/connections/site-a/test', { at: '/api/v1/connections/{id}/test', body: {} }),
    await asked('PATCH', `/api/v1/vms/${id}`, { at: '/api/v1/vms/{id}', body: { displayName: 'a' } }),
    await asked('POST', '/api/v1/vms', { body: { name: 'new' }, headers: key() }),
    await asked('POST', `/api/v1/vms/${id}/actions/power-off`, { at: off, body: { mode: 'hard' }, headers: key() }),
    await asked('POST', `/api/v1/vms/${id}/actions/power-off`, { at: off, body: { mode: 'so' }, headers: key() }),
    await asked('POST', `/api/v1/vms/${id}/actions/power-off`, { at: off, body: {} }),
    await asked('POST', `/api/v1/vms/${id}/actions/power-on`, {
      at: verb('power-on'),
      body: {},
      headers: { ...key(), prefer: '' },
    }),
    await asked('POST', `/api/v1/vm/${other?.id}/power-on`, {
      at: older('power-on'),
      body: { username: 'u' },
    }),
    await asked('GET', `/api/v1/vm/${id}/power-state`, { at: older('power-state') }),
    await asked('GET', '/api/auth/link/none', { at: '/api/auth/link/{code}' }),
    await asked('GET', '/api/auth/session'),
    await asked('GET', '/api/auth/user'),
    await asked('POST', '/api/auth/logout'),
    await asked('GET', '/api/docs'),
    await asked('GET', '/api/docs/swagger-ui.css', { at: '/api/docs/{file}' }),
    await asked('GET', '/api/openapi.json'),
    await asked('GET', '/problems/vm_gone', { at: '/problems/{code}' }),
    await asked('GET', '/health/live'),
    await asked('GET', '/health/detail'),
    await asked('GET', '/api/v1/fleet?min-position=c1.other-1.1'),
    await asked('GET', '/api/v1/fleet?password=x'),
    await asked('GET', `/api/v1/vm/${id}/power-state?password=x`, { at: older('power-state') }),
    await asked('POST', `/api/v1/vm/${id}/power-off?password=x`, { at: older('power-off'), body: {} }),
    ...(await failures(more[0], more[1])),
    ...(await withDeadCookie(vm)),
    ...(await aheadOfViews(more[2])),
  ];
  stop.abort();
}, within);
afterAll(() => house[Symbol.asyncDispose]());

/** HTTP's own: how the bytes come, not what they say. */
const http = ['connection', 'content-length', 'content-type', 'date', 'keep-alive', 'transfer-encoding'];

it('K34: every status that is answered is described', () =>
  expect(answered.flatMap(([where, , response]) => ('description' in response ? [] : [where]))).toEqual([]));

it('K34: every header that is sent is described where it is sent', () => {
  const [, usual = ''] = /usual headers of security, too: ([\w, -]+)\.$/.exec(document.info.description) ?? [];
  const everywhere = [...http, ...usual.toLowerCase().split(', ')];
  const strange = answered.flatMap(([where, answer, response]) => {
    const described = Object.keys((response['headers'] ?? {}) as Json).map((name) => name.toLowerCase());
    return [...answer.headers.keys()]
      .filter((name) => !everywhere.includes(name) && !described.includes(name))
      .map((name) => `${where}: ${name}`);
  });
  expect(strange).toEqual([]);
});

it.each([
  ['/power-off 500', ['location', 'preference-applied', 'idempotency-replayed', 'deprecation', 'sunset']],
  ['/power-off 504', ['location', 'deprecation', 'sunset']],
  ['/power-off 400', ['deprecation', 'sunset', 'set-cookie']],
  ['/power-state 400', ['deprecation', 'sunset']],
  ['/facts 200', ['drover-view']],
  ['/cancel 409', ['drover-view', 'location']],
  ['/actions/power-off 200', ['drover-view']],
  ['/fleet 406', ['set-cookie']],
  ['/events 410', ['set-cookie']],
  ['/health/ready 200', ['set-cookie']],
  ['/auth/link/{code} 401', ['set-cookie']],
])('K34: what seldom comes did come, so it was compared: %s', (end, names) => {
  const seen = answered.flatMap(([where, answer]) => (where.endsWith(end) ? [...answer.headers.keys()] : []));
  expect(names.filter((name) => !seen.includes(name))).toEqual([]);
});

it('K34: only where credentials were ever taken it is said that they are not for long', () => {
  const said = answered.flatMap(([where, { headers }]) => (headers.has('deprecation') ? [where] : []));
  expect(said.filter((where) => !where.includes('/vm/{vm_id}/'))).toEqual([]);
});

it('K34: an answer has the media type that is described, and the headers that it always has', () => {
  for (const [where, answer, response] of answered) {
    const media = Object.keys(response['content'] ?? {});
    const type = answer.headers.get('content-type')?.split(';')[0];
    if (type !== undefined && !where.includes('{file}')) expect([where, media]).toEqual([where, [type]]);
    for (const name of ['x-request-id', 'cache-control'])
      expect([where, answer.headers.has(name)]).toEqual([where, true]);
  }
});
