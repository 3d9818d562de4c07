import { describe, expect, it } from '@jest/globals';
import { asyncApi, openApi } from '@drover/contracts';
import { breaking } from './breaking.js';
import { object, type Json } from './promises.js';

const body = (schema: Json, required = false) => ({ required, content: { 'application/json': { schema } } });
const answer = (schema: Json) => ({ 200: { description: 'Done', content: { 'application/json': { schema } } } });
const members = (properties: Json, required: readonly string[] = []) => ({ type: 'object', properties, required });
const text = { type: 'string' };
const mode = { type: 'string', enum: ['soft', 'hard'] };

const operation = (more: Json = {}): Json => ({
  parameters: [{ $ref: '#/components/parameters/Limit' }],
  requestBody: body({ $ref: '#/components/schemas/Body' }),
  responses: { ...answer({ $ref: '#/components/schemas/Vm' }), 404: { $ref: '#/components/responses/Refused404' } },
  ...more,
});
const document = (post: Json | undefined, schemas: Json = {}): Json => ({
  openapi: '3.1.0',
  paths: { '/vms': { get: operation(), ...(post && { post }) } },
  components: {
    parameters: { Limit: { name: 'limit', in: 'query', required: false, schema: { type: 'integer' } } },
    schemas: {
      Problem: members({ code: text }, ['code']),
      Body: members({ mode, labels: members({}) }),
      Vm: members({ id: text, name: { anyOf: [text, { type: 'null' }] }, tags: { type: 'array', items: text } }, [
        'id',
        'name',
      ]),
      ...schemas,
    },
  },
});
const before = document(operation());
const judge = (after: Json) => breaking(before, after);
const vm = (properties: Json, required: readonly string[]) =>
  document(operation(), { Vm: members(properties, required) });
const asked = (schema: Json) => document(operation({ requestBody: body(schema) }));

describe('breaks what was there', () => {
  const name = { anyOf: [text, { type: 'null' }] };
  const tags = { type: 'array', items: text };
  it.each<[string, Json, string]>([
    ['an operation that is gone', document(undefined), 'no longer: POST /vms exists'],
    ['a path that is gone', { ...before, paths: {} }, 'no longer: GET /vms exists'],
    ['a member of an answer that is gone', vm({ id: text, name }, ['id', 'name']), 'application/json > tags exists'],
    ['a member of an answer that may be missing now', vm({ id: text, name, tags }, ['id']), 'name is always there'],
    ['a member of an answer that may be null now', vm({ id: name, name, tags }, ['id', 'name']), 'id is never null'],
    [
      'another type in a list',
      vm({ id: text, name, tags: { type: 'array', items: { type: 'integer' } } }, ['id', 'name']),
      'tags[] is never integer',
    ],
    ['a status that is gone', document(operation({ responses: {} })), 'no longer: POST /vms > 200 exists'],
    ['a parameter that is refused now', document(operation({ parameters: [] })), 'POST /vms > query limit exists'],
    ['a member that is refused now', asked(members({ mode })), 'body > application/json > labels exists'],
    [
      'a value that is refused now',
      asked(members({ mode: { ...mode, enum: ['soft'] }, labels: members({}) })),
      'mode may be "hard"',
    ],
    [
      'a body that is required now',
      document(operation({ requestBody: body({ $ref: '#/components/schemas/Body' }, true) })),
      'new: POST /vms > body is required',
    ],
    [
      'a new member that is required',
      asked(members({ mode, labels: members({}), why: text }, ['why'])),
      'new: POST /vms > body > application/json > why is required',
    ],
    ['an old member that is required now', asked(members({ mode, labels: members({}) }, ['mode'])), 'mode is required'],
    [
      'a new header that is required',
      document(
        operation({
          parameters: [
            { $ref: '#/components/parameters/Limit' },
            { name: 'Key', in: 'header', required: true, schema: text },
          ],
        }),
      ),
      'new: POST /vms > header Key is required',
    ],
    ['a problem that lacks its code', document(operation(), { Problem: members({}) }), 'a problem > code exists'],
  ])('%s', (_, after, complaint) => expect(judge(after).join('\n')).toContain(complaint));

  it('is told once, not with everything that was in it', () =>
    expect(judge(document(undefined))).toEqual(['no longer: POST /vms exists']));
});

describe('breaks nothing', () => {
  it.each<[string, Json]>([
    ['the same document', before],
    [
      'a new operation, whatever it requires',
      {
        ...before,
        paths: {
          ...object(before['paths']),
          '/new': { post: operation({ requestBody: body(members({ why: text }, ['why']), true) }) },
        },
      },
    ],
    [
      'a new member of an answer',
      vm({ id: text, name: text, tags: { type: 'array', items: text }, age: text }, ['id', 'name', 'age']),
    ],
    [
      'a member of an answer that is never null any more',
      vm({ id: text, name: text, tags: { type: 'array', items: text } }, ['id', 'name']),
    ],
    [
      'a new member that may be left out, with one inside that is required',
      asked(members({ mode, labels: members({}), window: members({ from: text }, ['from']) })),
    ],
    [
      'a value more in a request',
      asked(members({ mode: { ...mode, enum: ['soft', 'hard', 'trySoft'] }, labels: members({}) })),
    ],
    [
      'a refusal that cannot happen any more',
      document(operation({ responses: answer({ $ref: '#/components/schemas/Vm' }) })),
    ],
    ['the same schema in place of a pointer to it', asked(members({ mode, labels: members({}) }))],
  ])('%s', (_, after) => expect(judge(after)).toEqual([]));
});

describe('the documents of the house', () => {
  const [http, events] = [openApi('1.0.0') as Json, asyncApi('1.0.0') as Json];
  const without = (document: Json, path: readonly string[]): Json => {
    const copy = structuredClone(document);
    const last = path.at(-1) ?? '';
    const parent = path.slice(0, -1).reduce<Json>((part, name) => object(part[name]), copy);
    delete (parent as Record<string, unknown>)[last];
    return copy;
  };
  const type = 'io.drover.power.vm-powered-off.v1';

  it.each<[string, Json, readonly string[], string]>([
    ['a route', http, ['paths', '/api/v1/fleet'], 'no longer: GET /api/v1/fleet exists'],
    ['a member of every machine', http, ['components', 'schemas', 'Vm', 'properties', 'lifecycle'], 'lifecycle exists'],
    ['a member of a body', http, ['components', 'schemas', 'PowerOffBody', 'properties', 'mode'], 'mode exists'],
    [
      'a member of an event',
      events,
      ['components', 'schemas', type, 'properties', 'method'],
      'vm-powered-off > payload > method exists',
    ],
    [
      'an event',
      events,
      ['channels', 'power', 'messages', 'vm-powered-off'],
      'no longer: drover.power.v1 > vm-powered-off exists',
    ],
    [
      'an attribute',
      events,
      ['components', 'messageTraits', 'record', 'headers', 'properties', 'ce_actor'],
      'headers > ce_actor exists',
    ],
    [
      'who takes an event',
      events,
      ['components', 'messages', type, 'x-drover-to'],
      'no longer: drover.power.v1 > vm-powered-off is taken by inventory',
    ],
  ])('would break without %s', (_, document, path, complaint) => {
    expect(breaking(document, without(document, path)).join('\n')).toContain(complaint);
  });

  it('would break with a member of a body that is required now', () => {
    const after = structuredClone(http);
    const body = object(object(object(after['components'])['schemas'])['PowerOffBody']) as Record<string, unknown>;
    body['required'] = ['mode'];
    expect(breaking(http, after).join('\n')).toMatch(
      /new: POST .*power-off > body > application\/json > mode is required/,
    );
  });

  it('do not break by themselves', () =>
    expect([http, events].flatMap((document) => breaking(document, document))).toEqual([]));
});
