import * as z from 'zod';
import { Operation } from '../http/operation.js';
import { problems } from '../http/problems.js';
import type { RouteDefinition } from '../http/routes.js';
import { Vm } from '../http/vm.js';
import type { SharedSchemas } from './json-schema.js';

const text = (description: string) => ({ description, schema: { type: 'string' } }) as const;
const url = (description: string) => ({ description, schema: { type: 'string', format: 'uri-reference' } }) as const;
/** The headers of answers, by the name they have among the components. */
export const answerHeaders = {
  Deprecation: text('Comes when the body held credentials: the moment since when that is deprecated.'),
  ETag: text('The version: the last published version of each of its streams.'),
  IdempotencyReplayed: text('true: this is the wish that the key named before.'),
  Location: url('Where to go from here.'),
  OperationLocation: url('Where the operation is followed.'),
  PreferenceApplied: text('What of Prefer was done.'),
  RetryAfter: { description: 'Seconds until it makes sense to ask again.', schema: { type: 'integer' } },
  Sunset: text('Comes with Deprecation: when it ends.'),
} as const;

const spelled = {
  Deprecation: 'Deprecation',
  ETag: 'ETag',
  IdempotencyReplayed: 'Idempotency-Replayed',
  Location: 'Location',
  OperationLocation: 'Operation-Location',
  PreferenceApplied: 'Preference-Applied',
  RetryAfter: 'Retry-After',
  Sunset: 'Sunset',
} as const satisfies Record<keyof typeof answerHeaders, string>;

type HeaderName = keyof typeof answerHeaders;
const headersOf = ({ method, key, source, body, answers }: RouteDefinition, status: number, answer: unknown) => {
  const long: readonly HeaderName[] = ['Location', 'OperationLocation', 'PreferenceApplied'];
  return [
    ...(status === 303 ? (['Location'] as const) : []),
    ...(answer === Operation && method !== 'GET' ? long : []),
    ...(answer === Operation && status === 202 ? (['RetryAfter'] as const) : []),
    ...(answer === Vm || 304 in answers ? (['ETag'] as const) : []),
    ...(key ? (['IdempotencyReplayed'] as const) : []),
    ...(source && body ? (['Deprecation', 'Sunset'] as const) : []),
  ];
};

const contentOf = (answer: z.ZodType | string, schemas: SharedSchemas) => {
  if (answer instanceof z.ZodType) return { 'application/json': { schema: schemas.of(answer, 'output') } };
  return { [answer]: { schema: { type: answer === 'application/json' ? 'object' : 'string' } } };
};

const words: Readonly<Record<number, string>> = {
  200: 'Done',
  201: 'Made',
  202: 'Accepted, not done yet',
  204: 'Done; there is no body',
  303: 'Go on at Location',
  304: 'Still what the client has',
  503: 'Not now',
};

// 405 is for methods that are not documented.
const statuses = [...new Set(Object.values(problems).map(([status]) => status))]
  .filter((status) => status !== 405)
  .sort();

// The older power paths answer 500 for what is 502 elsewhere, and 404 for 410: their source says so.
const older: Readonly<Record<number, string>> = {
  404: '; on the older power paths `vm_gone`',
  500: '; on the older power paths `provider_error`, `provider_unreachable`',
};

/** One answer per status of the problem table, with the codes it may carry. */
export const refusals = Object.fromEntries(
  statuses.map((status) => {
    const codes = Object.entries(problems).flatMap(([code, [of]]) => (of === status ? [`\`${code}\``] : []));
    const content = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };
    const headers = { 'Retry-After': { $ref: '#/components/headers/RetryAfter' } };
    const later = status === 429 || status === 503;
    const description = `Refused: ${codes.join(', ')}${older[status] ?? ''}`;
    return [`Refused${status}`, { description, ...(later && { headers }), content }];
  }),
);

/** The statuses that a route may refuse with: those of the door, and those of what lies behind it. */
const refusedWith = (route: RouteDefinition) => {
  const { name, method, path, key, needs, owner, body, source = false } = route;
  const changes = method !== 'GET';
  const asks = (...names: string[]) => names.some((name) => name in (route.query?.shape ?? {}));
  const when = (holds: boolean, ...statuses: number[]) => (holds ? statuses : []);
  return [
    ...[400, 403, 406, 408, 429, 500, 503], // 403: by a Host that is not ours, too
    ...when(needs !== 'public' || name === 'auth.link', 401),
    ...when(path.includes('{') || name.startsWith('docs.'), 404), // the documents can be switched off
    ...when(/\/vms\/\{/.test(path) || asks('cursor', 'after', 'last_event_id', 'alias'), 410),
    ...when(asks('name', 'alias'), 404, 409),
    ...when(asks('fresh'), 502),
    ...when(changes, 413, 415),
    ...when(body !== undefined, 409, 507),
    ...when(body !== undefined && name !== 'bulk.start', 412),
    ...when(route.ifMatch === true, 428),
    ...when(key !== undefined, 422),
    ...when(source && owner === 'power', 409, 504),
  ];
};

/** Every answer of a route, refusals included, by status. */
export const answersOf = (route: RouteDefinition, schemas: SharedSchemas) => {
  const said = Object.entries(route.answers).map(([status, answer]) => {
    const headers = headersOf(route, Number(status), answer).map(
      (name) => [spelled[name], { $ref: `#/components/headers/${name}` }] as const,
    );
    return [
      status,
      {
        description: words[Number(status)] ?? status,
        ...(headers.length > 0 && { headers: Object.fromEntries(headers) }),
        ...(answer !== null && { content: contentOf(answer, schemas) }),
      },
    ] as const;
  });
  const refused = refusedWith(route).map(
    (status) => [status, { $ref: `#/components/responses/Refused${status}` }] as const,
  );
  // Statuses stand in numeric order by themselves; an answer of its own (503 of /health/ready) wins over a refusal.
  return { ...Object.fromEntries(refused), ...Object.fromEntries(said) };
};
