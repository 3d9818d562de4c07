import type * as z from 'zod';
import { Operation } from '../http/operation.js';
import type { RouteDefinition } from '../http/routes.js';
import type { JsonSchema, SharedSchemas } from './json-schema.js';

const header = (name: string, required: boolean, description: string, schema: JsonSchema = { type: 'string' }) =>
  ({ name, in: 'header', required, description, schema }) as const;

const key = 'Names the wish: the same key is the same wish, however often it is sent. A UUID.';
/** The headers that routes share, by the name they have among the components. */
export const headers = {
  CsrfHeader: header('X-Drover-CSRF', false, 'Must be 1 when the session cookie vouches for the request.', {
    const: '1',
  }),
  IdempotencyKey: header('Idempotency-Key', true, key),
  IdempotencyKeyAccepted: header('Idempotency-Key', false, `${key} May be left out.`),
  IfMatch: header('If-Match', false, 'The ETag you have seen; 412 when the part that is written has changed since.'),
  IfNoneMatch: header('If-None-Match', false, 'The ETag you have; 304 when it is still so.'),
  LastEventId: header(
    'Last-Event-ID',
    false,
    'The last id seen: the stream goes on after it. Wins over last_event_id.',
  ),
  Prefer: header(
    'Prefer',
    false,
    'wait=N holds the answer up to N seconds, 55 at most: 200 when it ended by then, else 202.',
  ),
  RequestId: header('X-Request-Id', false, 'Names the request in logs and answers; made when it is missing.'),
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
  ];
};

const parametersIn = (place: 'path' | 'query', object: z.ZodObject | undefined, schemas: SharedSchemas) => {
  if (!object) return [];
  const { required = [] } = schemas.of(object, 'input') as { readonly required?: readonly string[] };
  return Object.entries<z.ZodType>(object.shape).map(([name, schema]) => {
    const { description, ...json } = schemas.of(schema, 'output');
    return {
      name,
      in: place,
      required: required.includes(name),
      ...(description !== undefined && { description }),
      schema: json,
      // `a,b` or the parameter repeated: both are read, the shorter one is documented.
      ...(json['type'] === 'array' && { style: 'form', explode: false }),
    };
  });
};

/** Everything of a route that is no body: what stands in its address and in its headers. */
export const parametersOf = (route: RouteDefinition, schemas: SharedSchemas) => [
  ...parametersIn('path', route.params, schemas),
  ...parametersIn('query', route.query, schemas),
  ...headersOf(route),
];
