import { describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { Instant } from '@drover/kernel';
import { Vm } from './http/vm.js';
import { routes, type RouteDefinition } from './http/routes.js';
import { openApi } from './openapi.js';

type Json = Readonly<Record<string, unknown>>;
const document = openApi('1.2.3');
const json = JSON.parse(JSON.stringify(document)) as Json;
const all = Object.entries<RouteDefinition>(routes);

const of = ({ path, method }: RouteDefinition) => {
  const found = document.paths[path]?.[method.toLowerCase()];
  if (!found) throw new Error(`${method} ${path} is not documented`);
  return found;
};

/** Every object of the document, by where it stands. */
const placesIn = (value: unknown, at = '#'): readonly (readonly [string, Json])[] =>
  typeof value !== 'object' || value === null
    ? []
    : [
        [at, value as Json],
        ...Object.entries(value).flatMap(([name, each]) =>
          placesIn(each, `${at}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`),
        ),
      ];
const places = new Map(placesIn(json));
const pointers = [...places.values()].flatMap(({ $ref }) => (typeof $ref === 'string' ? [$ref] : []));
const followed = (each: Json): Json => (typeof each['$ref'] === 'string' ? (places.get(each['$ref']) ?? {}) : each);
const parameters = (route: RouteDefinition, place: string) =>
  of(route)
    .parameters.map(followed)
    .filter((each) => each['in'] === place);
const names = (route: RouteDefinition, place: string) => parameters(route, place).map(({ name }) => name);

describe('the document', () => {
  it('is OpenAPI 3.1 under the version of the product, the same each time, JSON through and through', () => {
    expect(document).toMatchObject({ openapi: '3.1.0', info: { title: 'Drover', version: '1.2.3' } });
    expect(openApi('1.2.3')).toEqual(document);
    expect(json).toEqual(document);
  });

  it('points nowhere but into itself, and keeps nothing that is not pointed at', () => {
    expect(pointers.filter((pointer) => !places.has(pointer))).toEqual([]);
    const kept = [...places.keys()].filter((at) => /^#\/components\/(?!securitySchemes)[^/]+\/[^/]+$/.test(at));
    expect(kept.filter((at) => !pointers.includes(at))).toEqual([]);
  });

  it('has schemas that are JSON Schema, and that agree with the ones they came from', () => {
    const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, formats: { uuid: true, 'date-time': true } });
    ajv.addVocabulary(['components']);
    const { components } = json as { readonly components: { readonly schemas: Readonly<Record<string, Json>> } };
    const compiled = (name: string) => ajv.compile({ components, $ref: `#/components/schemas/${name}` });
    for (const name of Object.keys(components.schemas)) expect(typeof compiled(name)).toBe('function');
    const [powerOff, health] = [compiled('PowerOffBody'), compiled('Health')];
    expect(
      [{}, { mode: 'hard' }, { mode: 'gently' }, { timeoutSeconds: 0 }, { by: 'ben' }].map((body) => powerOff(body)),
    ).toEqual([true, true, false, false, false]);
    expect([{ status: 'ok' }, { status: 'ok', later: 1 }, {}].map((body) => health(body))).toEqual([true, true, false]);
  });

  it('T63: says of every instant of an answer that it ends with Z', () => {
    const { power } = (document.components.schemas['Vm'] as { properties: Record<string, { properties: Json }> })
      .properties;
    const { pattern, format } = (power?.properties['lastChangeAt'] as { anyOf: [Json] }).anyOf[0];
    expect(format).toBe('date-time');
    const fits = new RegExp(String(pattern));
    expect(fits.test(Instant.parse('2026-11-20T11:00:00+01:00'))).toBe(true);
    expect(['2026-11-20T10:00:00+00:00Z', '2026-11-20T11:00:00+01:00'].filter((text) => fits.test(text))).toEqual([]);
  });
});

describe.each(all)('%s', (id, route) => {
  const operation = of(route);
  const { needs, key, method, answers } = route;

  it('is an operation under its name, with who answers and which right it takes', () => {
    expect(operation).toMatchObject({
      operationId: id,
      summary: route.summary,
      description: expect.stringMatching(/^[A-Z0-9`].*\.$/),
      'x-drover-needs': needs,
      'x-drover-owner': route.owner,
      security: needs === 'public' ? [] : [{ cookie: [] }, { bearer: [] }],
    });
    expect(operation['description']).not.toBe(route.summary);
    expect(document.tags.map(({ name }) => name)).toContain((operation['tags'] as string[])[0]);
  });

  it('declares every parameter of its address, once', () => {
    expect(names(route, 'path')).toEqual([...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name));
    expect(names(route, 'query')).toEqual(Object.keys(route.query?.shape ?? {}));
    const every = of(route)
      .parameters.map(followed)
      .map((each) => `${String(each['in'])} ${String(each['name'])}`);
    expect(new Set(every).size).toBe(every.length);
    expect(parameters(route, 'path').every(({ required }) => required === true)).toBe(true);
  });

  it('requires no filter: a list without any is the whole list', () =>
    expect(parameters(route, 'query').filter(({ required }) => required)).toEqual([]));

  it('takes a moment in every spelling that the server reads', () => {
    const moments = parameters(route, 'query').filter(({ schema }) => (schema as Json)['format'] === 'date-time');
    for (const { schema } of moments) expect(schema).not.toHaveProperty('pattern');
    if (id === 'getVm') expect(moments.map(({ name }) => name)).toEqual(['at']);
  });

  it('asks for the key as its rule says', () => {
    const found = parameters(route, 'header').find(({ name }) => name === 'Idempotency-Key');
    expect(found?.['required']).toBe(key === undefined ? undefined : key === 'required');
    expect('422' in operation.responses).toBe(key !== undefined);
  });

  it('has each of its answers, and refusals', () => {
    const statuses = Object.keys(operation.responses);
    expect(statuses).toEqual(expect.arrayContaining([...Object.keys(answers), '400', '500']));
    for (const response of Object.values(operation.responses).map(followed))
      expect(response['description']).toEqual(expect.any(String));
    expect(statuses.includes('401')).toBe(needs !== 'public' || id === 'signInByLink');
    expect(Object.keys(answers)).toContain(String(route.status ?? 200));
  });

  it('K34: shows an example of its body and of each answer, and its schemas read them', () => {
    const read = (schema: z.ZodType, content: unknown) => {
      const { example } = (content as Readonly<Record<string, { example?: unknown }>>)['application/json'] ?? {};
      expect(schema.safeParse(example).error?.issues).toBeUndefined();
    };
    if (operation.requestBody && route.body) read(route.body, operation.requestBody.content);
    for (const [status, answer] of Object.entries(answers))
      if (answer instanceof z.ZodType) read(answer, operation.responses[status]?.['content']);
      else if (answer !== null)
        expect(operation.responses[status]?.['content']).toMatchObject({ [answer]: { example: expect.anything() } });
    expect(parameters(route, 'path').every(({ example }) => example !== undefined)).toBe(true);
    expect(parameters(route, 'header').every(({ example }) => typeof example === 'string')).toBe(true);
  });

  it('K34: describes every header, on the way in and out', () => {
    for (const { description } of parameters(route, 'header')) expect(description).toEqual(expect.any(String));
    for (const response of Object.values(operation.responses).map(followed)) {
      const headers = Object.values(response['headers'] as Readonly<Record<string, Json>>).map(followed);
      expect(headers.length).toBeGreaterThanOrEqual(2);
      for (const header of headers) expect(header['description']).toEqual(expect.any(String));
    }
  });

  it('takes a body only where it changes something', () => {
    if (method === 'GET') expect(operation).not.toHaveProperty('requestBody');
    const required = route.body && !route.body.safeParse({}).success;
    expect(operation.requestBody?.required ?? false).toBe(required ?? false);
  });
});

it.each([
  ['a link that was used', routes.signInByLink, 401],
  ['a Host that is not ours', routes.live, 403],
  ['documents that are switched off', routes.getOpenApi, 404],
  ['an alias of a machine that is gone', routes.lookupVm, 410],
  ['If-Match on an older path', routes.sourcePowerOff, 412],
  ['If-Match where nothing is yet', routes.registerVm, 412],
  ['a body where none is read', routes.signOut, 415],
  ['a place of another journal', routes.getFleet, 410],
  ['a machine that is gone, again', routes.runOperationAgain, 410],
  ['a blocked connection that a machine was to be read from', routes.getVm, 409],
  ['a sign-in that cannot be recorded', routes.signInByLink, 507],
  ['a sign-out that cannot be recorded', routes.leave, 507],
] as const)('%s is refused as documented', (_what, route, status) => {
  expect(Object.keys(of(route).responses)).toContain(String(status));
});

it.each([
  ['whose cursors do not age', routes.listDeadLetters, 410],
  ['whose cursors do not age', routes.getOperationFacts, 410],
  ['that takes out what is gone already', routes.retireVm, 410],
  ['that filters by name', routes.listVms, 404],
  ['that nothing stands against', routes.editVm, 409],
  ['whose items are refused one by one', routes.bulkPowerOff, 409],
  ['that heeds no version', routes.testConnection, 412],
  ['that heeds no version', routes.discardDeadLetter, 412],
  ['that asks nobody what they accept', routes.live, 406],
  ['that has no body to accept', routes.signOut, 406],
  ['that waits for no operation', routes.getSourcePowerState, 504],
] as const)('nobody is told of a refusal that a route %s does not know: %#', (_what, route, status) => {
  expect(Object.keys(of(route).responses)).not.toContain(String(status));
});

const sent = (route: RouteDefinition, status: number) =>
  Object.keys(followed(of(route).responses[String(status)] ?? {})['headers'] ?? {});

it.each([
  ['of an older path that failed', routes.sourcePowerOff, 504, ['Location', 'Preference-Applied', 'Drover-View']],
  ['of a key that was used before, and failed', routes.sourcePowerOn, 500, ['Idempotency-Replayed', 'Deprecation']],
  ['of a password in an address', routes.getSourcePowerState, 400, ['Deprecation', 'Sunset']],
  ['of the operation in the way', routes.powerOff, 409, ['Location', 'Drover-View']],
  ['of the operation in the way', routes.retireVm, 409, ['Location']],
  ['of what views do not show yet', routes.getOperationFacts, 200, ['Drover-View']],
  ['of where the machine is', routes.editVm, 200, ['Location']],
  ['of a dead cookie', routes.ready, 503, ['Set-Cookie']],
  ['of a dead cookie', routes.listVms, 304, ['Set-Cookie']],
  ['of a dead cookie', routes.getVm, 502, ['Set-Cookie']],
] as const)('K34: tells %s: %#', (_what, route, status, headers) => {
  expect(sent(route, status)).toEqual(expect.arrayContaining([...headers]));
});

it.each([
  ['of an operation where none is', routes.lookupVm, 409, 'Location'],
  ['of what is no operation', routes.retireVm, 409, 'Drover-View'],
  ['of credentials that were never taken', routes.getFleet, 400, 'Deprecation'],
  ['of what was followed when nothing is', routes.markOperation, 200, 'Preference-Applied'],
  ['of a cookie that nobody has seen', routes.listVms, 408, 'Set-Cookie'],
] as const)('K34: tells nothing %s', (_what, route, status, header) => {
  expect(sent(route, status)).not.toContain(header);
});

it('every route is documented, and nothing else', () => {
  const documented = Object.values(document.paths).flatMap((item) =>
    Object.values(item).map(({ operationId }) => operationId),
  );
  expect(documented.sort()).toEqual(all.map(([id]) => id).sort());
});

it('K34: every constant has a type, and no member of a body has a default, which generators take for required', () => {
  const untyped = [...places].filter(([, { const: only, type }]) => only !== undefined && type === undefined);
  expect(untyped.map(([at]) => at)).toEqual([]);
  const bodies = all.flatMap(([, route]) => (route.body && of(route).requestBody ? [of(route).requestBody] : []));
  const pointed = (value: unknown): readonly Json[] =>
    placesIn(value).flatMap(([, each]) => ('$ref' in each ? pointed(followed(each)) : [each]));
  expect(bodies.flatMap(pointed).filter((each) => 'default' in each)).toEqual([]);
  expect(document.components.schemas['PowerOffBody']).toMatchObject({
    properties: { mode: { description: '"soft" when left out' }, timeoutSeconds: { description: '300 when left out' } },
  });
});

it('groups operations by what they are about', () => {
  const tag = (route: RouteDefinition) => (of(route)['tags'] as string[])[0];
  expect([routes.listVms, routes.sourcePowerOff, routes.getFleet].map(tag)).toEqual(Array(3).fill('machines'));
  expect([routes.cancelOperation, routes.testConnection, routes.streamEvents].map(tag)).toEqual([
    ...['operations', 'connections', 'events'],
  ]);
  expect([routes.signOut, routes.ready, routes.readDocs].map(tag)).toEqual(['sign-in', 'system', 'system']);
});

it('says of the older power paths, and of no other, that newer ones take their place', () =>
  expect(all.flatMap(([id, route]) => (of(route)['deprecated'] === true ? [id] : []))).toEqual([
    ...['getSourcePowerState', 'sourcePowerOff', 'sourcePowerOn'],
  ]));

it('a query is documented by what its text means', () => {
  const schemas = new Map(parameters(routes.listVms, 'query').map(({ name, ...rest }) => [name, rest]));
  expect(schemas.get('limit')).toMatchObject({ schema: { type: 'integer', minimum: 1, maximum: 200, default: 100 } });
  expect(schemas.get('unclaimed')).toMatchObject({ schema: { type: 'boolean' } });
  expect(schemas.get('power')).toMatchObject({ style: 'form', explode: false, schema: { type: 'array' } });
  expect(schemas.get('fields')).toMatchObject({ schema: { items: { enum: Object.keys(Vm.shape) } } });
  const stream = new Map(parameters(routes.streamEvents, 'query').map(({ name, ...rest }) => [name, rest]));
  expect(stream.get('snapshot')).toMatchObject({ schema: { type: 'string', enum: ['0', '1'], default: '0' } });
});

it('dry run, If-Match and Prefer stand where they are read', () => {
  expect(names(routes.powerOff, 'query')).toContain('dryRun');
  expect(names(routes.powerOff, 'header')).toEqual(expect.arrayContaining(['If-Match', 'Prefer', 'X-Drover-CSRF']));
  expect(names(routes.sourcePowerOff, 'header')).not.toContain('X-Drover-CSRF');
  expect(names(routes.listVms, 'header')).toEqual(['If-None-Match', 'X-Request-Id', 'traceparent']);
  expect(of(routes.getVm).responses).toMatchObject({ 304: { headers: { ETag: expect.anything() } } });
  expect(names(routes.streamEvents, 'header')).toContain('Last-Event-ID');
});
