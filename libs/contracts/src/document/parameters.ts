// The parameters of a route in the OpenAPI document: path, query and shared headers. Which headers a route reads follows
// from its row in the catalogue. Never: describe a header in two places; point to the shared one.
import type * as z from 'zod';
import { Operation } from '../http/operation.js';
import type { RouteDefinition } from '../http/routes.js';
import { parameterExamples } from './examples.js';
import type { JsonSchema, SharedSchemas } from './json-schema.js';

const text = { type: 'string' } as const;
const header = (name: string, required: boolean, description: string, example: string, schema: JsonSchema = text) =>
  ({ name, in: 'header', required, description, example, schema }) as const;

const key =
  'Names the request: sent again with the same key within 24 hours, it is the same request. The same key of another principal, path or method is another request. Use a new UUID for each request.';
const aKey = '7f1c9d0e-3c55-4a55-9d59-0c3f0f5a7b1d';
/** The headers that routes share, by the name they have among the components. */
export const headers = {
  CsrfHeader: header(
    'X-Drover-CSRF',
    false,
    'Must be 1 when the request is authenticated by the session cookie.',
    '1',
    {
      type: 'string',
      enum: ['1'],
    },
  ),
  IdempotencyKey: header('Idempotency-Key', true, key, aKey),
  IdempotencyKeyAccepted: header('Idempotency-Key', false, `${key} May be left out.`, aKey),
  IfMatch: header(
    'If-Match',
    false,
    'The ETag that was read; 412 when the part that is written has changed since.',
    '"i7-p8"',
  ),
  IfNoneMatch: header('If-None-Match', false, 'The ETag you have; 304 when it is still so.', '"i7-p8"'),
  LastEventId: header(
    'Last-Event-ID',
    false,
    'The last id seen: the stream goes on after it. Wins over last_event_id.',
    String(parameterExamples['last_event_id']),
  ),
  Prefer: header(
    'Prefer',
    false,
    'wait=N holds the answer up to N seconds: 200 when it ended by then, else 202. N above 55 is cut to 55.',
    'wait=30',
  ),
  RequestId: header(
    'X-Request-Id',
    false,
    'Names the request in logs and answers; made when it is missing.',
    'backup-script-17',
  ),
  TraceParent: header(
    'traceparent',
    false,
    'The trace that the request belongs to (W3C Trace Context); kept with what comes of it.',
    '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  ),
} as const;

const ref = (name: keyof typeof headers) => ({ $ref: `#/components/parameters/${name}` });

/** Which of the shared headers a route reads. */
const headersOf = ({ method, key, ifMatch, source, answers }: RouteDefinition) => {
  const native = method !== 'GET' && !source;
  return [
    ...(key ? [ref(key === 'required' ? 'IdempotencyKey' : 'IdempotencyKeyAccepted')] : []),
    ...(ifMatch ? [ref('IfMatch')] : []),
    ...(304 in answers ? [ref('IfNoneMatch')] : []),
    ...(answers[202] === Operation ? [ref('Prefer')] : []),
    ...(native ? [ref('CsrfHeader')] : []),
    ...(answers[200] === 'text/event-stream' ? [ref('LastEventId')] : []),
    ref('RequestId'),
    ref('TraceParent'),
  ];
};

/** What a parameter looks like; an id is one of what the route is about. */
const exampleOf = (name: string, path: string) => {
  const [, about] = /^\/api\/v1\/(operation|connection)s\/\{id\}/.exec(path) ?? [];
  return parameterExamples[name === 'id' && about ? `${about} id` : name];
};

const parametersIn = (place: 'path' | 'query', route: RouteDefinition, schemas: SharedSchemas) => {
  const object = place === 'path' ? route.params : route.query;
  if (!object) return [];
  const { required = [] } = schemas.of(object, 'input') as { readonly required?: readonly string[] };
  return Object.entries<z.ZodType>(object.shape).map(([name, schema]) => {
    const { description, ...json } = schemas.of(schema, 'parameter');
    const example = exampleOf(name, route.path);
    return {
      name,
      in: place,
      required: required.includes(name),
      ...(description !== undefined && { description }),
      ...(example !== undefined && { example }),
      schema: json,
      // `a,b` or the parameter repeated: both are read, the shorter one is documented.
      ...(json['type'] === 'array' && { style: 'form', explode: false }),
    };
  });
};

/** Everything of a route that is no body: what stands in its address and in its headers. */
export const parametersOf = (route: RouteDefinition, schemas: SharedSchemas) => [
  ...parametersIn('path', route, schemas),
  ...parametersIn('query', route, schemas),
  ...headersOf(route),
];
