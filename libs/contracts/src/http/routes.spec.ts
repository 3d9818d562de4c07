import { describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import { rights } from '@drover/kernel';
import { catalogue } from '../catalogue.js';
import { routes, type RouteDefinition } from './routes.js';

const all = Object.entries<RouteDefinition>(routes);
const owners = [...Object.keys(catalogue), 'operation', 'every'];

describe.each(all)('%s', (_, route) => {
  const { needs, method, path, params, query, body, answers, status = 200, owner, summary, name, source } = route;

  it('states which right it takes, of those there are', () => {
    expect(needs === 'public' || needs === 'session' || needs.length > 0).toBe(true);
    if (typeof needs !== 'string') expect(needs.filter((right) => !rights.includes(right))).toEqual([]);
  });

  it('says what it does, who answers, and by which command or query', () => {
    expect(summary).toMatch(/^[A-Z][^.]+$/);
    expect(owners).toContain(owner);
    expect(name).toMatch(/^[a-z]+(-[a-z]+)*\.[a-z]+(-[a-z]+)*$/);
  });

  it('answers, with the status it names first', () => {
    expect(answers).toHaveProperty(String(status));
    for (const answer of Object.values(answers))
      expect(answer === null || answer instanceof z.ZodType || /^[a-z]+\/[a-z-]+$/.test(answer)).toBe(true);
  });

  it('has the parameters of its address, and takes nothing it does not know', () => {
    expect(Object.keys(params?.shape ?? {})).toEqual(
      [...path.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter),
    );
    const unknown = (schema: z.ZodObject | undefined) =>
      schema?.safeParse({ surprise: 1 }).error?.issues.some(({ code }) => code === 'unrecognized_keys');
    expect([params, query].map(unknown)).toEqual([true, true]);
    if (body) expect(unknown(body)).toBe(true);
  });

  it('stands under /api/v1 unless a source or a page says otherwise', () =>
    expect(path).toMatch(
      source
        ? /^\/api\//
        : /^\/(api\/v1\/|api\/auth\/|api\/docs|api\/(openapi|asyncapi)\.json$|problems\/|health\/|metrics$|api\/system\/health$)/,
    ));

  it('changes nothing by GET', () => {
    if (method === 'GET') expect(body).toBeUndefined();
  });
});

it('has no address twice', () => {
  const addresses = all.map(([, { method, path }]) => `${method} ${path.replace(/\{\w+\}/g, '{}')}`);
  expect(new Set(addresses).size).toBe(addresses.length);
});

it('asks for no key only where a repeat is harmless by nature', () =>
  expect(all.flatMap(([id, { method, key }]) => (method === 'POST' && key === undefined ? [id] : [])).sort()).toEqual([
    'cancelOperation',
    'checkOperation',
    'discardDeadLetter',
    'markOperation',
    'refreshConnection',
    'replayDeadLetter',
    'resetConnection',
    'retireVm',
    'signOut',
    'testConnection',
  ]));

it('leaves the key to the client only on the paths of the sources', () =>
  expect(all.filter(([, { key, source }]) => key === 'accepted' && !source)).toEqual([]));

it('lets anyone in only to sign in, to read documents, and to ask whether the process runs', () =>
  expect(all.flatMap(([id, { needs }]) => (needs === 'public' ? [id] : [])).sort()).toEqual([
    'getAsyncApi',
    'getOpenApi',
    'getSession',
    'live',
    'readDocs',
    'readDocsAsset',
    'readProblem',
    'readWelcome',
    'ready',
    'signInByLink',
  ]));

it('tries every change of a native resource without making it, but those that a trial is', () =>
  expect(
    all.flatMap(([id, { method, query, source }]) =>
      method !== 'GET' && !source && !('dryRun' in (query?.shape ?? {})) ? [id] : [],
    ),
  ).toEqual(['signOut', 'testConnection']));

const filters = all.flatMap(([name, { query, params }]) =>
  [query, params].flatMap((schema) =>
    Object.keys(schema?.shape ?? {}).map((parameter) => [name, parameter, schema] as const),
  ),
);

it.each(filters)('K39: %s takes no empty %s for none at all', (_name, parameter, schema) => {
  const refused = (value: unknown) =>
    schema?.safeParse({ [parameter]: value }).error?.issues.some(({ path }) => path[0] === parameter) === true;
  for (const value of ['', [''], ['', '']]) expect([value, refused(value)]).toEqual([value, true]);
});

it.each(['vm', 'worker_ids', 'group', 'operation', 'event_types', 'severity'] as const)(
  'K39: a list of %s has no gaps',
  (parameter) => {
    const vmId = '420570c7-f61f-a930-77c5-1e876786cb3c';
    const values = {
      vm: vmId,
      worker_ids: vmId,
      group: 'prod',
      operation: 'power.vm-a.1',
      event_types: 'a.b',
      severity: 'info',
    };
    const value = values[parameter];
    const { query } = routes.listEvents;
    expect(query.safeParse({ [parameter]: `${value},${value}` }).success).toBe(true);
    for (const gap of [`${value},`, `,${value}`, `${value},,${value}`, [value, '']])
      expect(query.safeParse({ [parameter]: gap }).success).toBe(false);
  },
);
