import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openApi } from '@drover/contracts';
import type { Api } from './api.js';
import { startedHouse, within, type House } from './house.js';

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
  if (response === undefined) throw new Error(`${where} is not described`);
  return [where, answer, followed(response)] as const;
};

beforeAll(async () => {
  house = await startedHouse({ DROVER_SIMULATOR_VMS: '12', DROVER_SIMULATOR_LATENCY: '0' });
  api = house.api();
  const [vm, other] = (await api.vms('?power=poweredOn&limit=2')).body.items;
  const id = vm?.id ?? '';
  const key = () => ({ 'idempotency-key': crypto.randomUUID() });
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
    await asked('POST', '/api/v1/connections/site-a/refresh', { at: '/api/v1/connections/{id}/refresh', body: {} }),
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
      at: '/api/v1/vm/{vm_id}/power-on',
      body: { username: 'u' },
    }),
    await asked('GET', `/api/v1/vm/${id}/power-state`, { at: '/api/v1/vm/{vm_id}/power-state' }),
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
  ];
  stop.abort();
}, within);
afterAll(() => house[Symbol.asyncDispose]());

/** HTTP's own: how the bytes come, not what they say. */
const http = ['connection', 'content-length', 'content-type', 'date', 'keep-alive', 'transfer-encoding'];

it('K34: every header that is sent is described where it is sent', () => {
  const { description } = document.info;
  const strange = answered.flatMap(([where, answer, response]) => {
    const described = Object.keys((response['headers'] ?? {}) as Json).map((name) => name.toLowerCase());
    return [...answer.headers.keys()]
      .filter((name) => !http.includes(name) && !described.includes(name) && !description.toLowerCase().includes(name))
      .map((name) => `${where}: ${name}`);
  });
  expect(strange).toEqual([]);
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
