import * as z from 'zod';
import { Connection } from '../http/connection.js';
import { Operation } from '../http/operation.js';
import { problemOf, problems, type ProblemCode } from '../http/problems.js';
import type { RouteDefinition } from '../http/routes.js';
import { Health } from '../http/session.js';
import { PartialVm, Vm } from '../http/vm.js';
import { operationId } from './example-fleet.js';
import { exampleOf } from './examples.js';
import type { SharedSchemas } from './json-schema.js';

const of = (schema: Readonly<Record<string, string>>) => (description: string, example: string | number) =>
  ({ description, schema, example }) as const;
const text = of({ type: 'string' });
const url = of({ type: 'string', format: 'uri-reference' });
const operation = `/api/v1/operations/${operationId}`;
/** The headers of answers, by the name they have among the components. */
export const answerHeaders = {
  CacheControl: text('That nobody keeps it. What the page of the documents loads may be kept.', 'no-store'),
  DroverView: text('behind: reads do not show yet what this answer says.', 'behind'),
  Deprecation: text('Comes when the body held credentials: the moment since when that is deprecated.', '@1763596800'),
  ETag: text('The version: the last published version of each of its streams.', '"i7-p8"'),
  IdempotencyReplayed: text('true: this is the request that the key named before.', 'true'),
  Link: text('rel="next": where the next page is; not there on the last one.', '</api/v1/vms?cursor=…>; rel="next"'),
  Location: url('Where to go from here.', operation),
  OperationLocation: url('Where the operation is followed.', operation),
  PreferenceApplied: text('What of Prefer was done.', 'wait=30'),
  RequestId: text('The name of the request, as it came or as it was made.', 'backup-script-17'),
  RetryAfter: of({ type: 'integer' })('Seconds until it makes sense to ask again.', 2),
  SetCookie: text('The session cookie, or one that ends it.', 'drover_sid=…; HttpOnly; SameSite=Lax; Path=/'),
  Sunset: text('Comes with Deprecation: when it ends.', 'Sat, 20 Nov 2027 00:00:00 GMT'),
  WwwAuthenticate: text('How to say who asks.', 'Bearer'),
  XAccelBuffering: text('Tells proxies to pass on what comes at once.', 'no'),
} as const;

/** What stands on every answer for the sake of browsers; no client of the API needs to look at them. */
export const securityHeaders = [
  ...['Content-Security-Policy', 'Cross-Origin-Opener-Policy', 'Cross-Origin-Resource-Policy', 'Origin-Agent-Cluster'],
  ...['Referrer-Policy', 'Strict-Transport-Security', 'X-Content-Type-Options', 'X-DNS-Prefetch-Control'],
  ...['X-Download-Options', 'X-Frame-Options', 'X-Permitted-Cross-Domain-Policies', 'X-XSS-Protection'],
];

const spelled = {
  CacheControl: 'Cache-Control',
  DroverView: 'Drover-View',
  Deprecation: 'Deprecation',
  ETag: 'ETag',
  IdempotencyReplayed: 'Idempotency-Replayed',
  Link: 'Link',
  Location: 'Location',
  OperationLocation: 'Operation-Location',
  PreferenceApplied: 'Preference-Applied',
  RequestId: 'X-Request-Id',
  RetryAfter: 'Retry-After',
  SetCookie: 'Set-Cookie',
  Sunset: 'Sunset',
  WwwAuthenticate: 'WWW-Authenticate',
  XAccelBuffering: 'X-Accel-Buffering',
} as const satisfies Record<keyof typeof answerHeaders, string>;

type HeaderName = keyof typeof answerHeaders;
/** What every answer has. */
const always: readonly HeaderName[] = ['CacheControl', 'RequestId'];
const pointed = (names: readonly HeaderName[]) =>
  Object.fromEntries(names.map((name) => [spelled[name], { $ref: `#/components/headers/${name}` }]));

const hasPages = ({ query }: RouteDefinition) => query !== undefined && 'limit' in query.shape;
const isVm = (answer: unknown) => answer === Vm || answer === PartialVm;
const headersOf = (route: RouteDefinition, status: number, answer: unknown): readonly HeaderName[] => {
  const { method, key, source, body, answers, path } = route;
  const when = (holds: boolean, ...names: HeaderName[]) => (holds ? names : []);
  // Also of the older paths, whose answer is no operation and names the one behind it.
  const long = method !== 'GET' && (answer === Operation || answers[202] === Operation);
  return [
    ...always,
    ...when(status === 303, 'Location'),
    ...when(path.startsWith('/api/auth/') && (status === 303 || method === 'POST'), 'SetCookie'),
    ...when(long, 'Location', 'OperationLocation', 'PreferenceApplied'),
    ...when(Object.values(answers).includes(Operation), 'DroverView'),
    ...when(isVm(answer) && method !== 'GET' && status !== 200, 'Location'),
    ...when(answer === Operation && status === 202, 'RetryAfter'),
    ...when(answer === Health && status === 503, 'RetryAfter'),
    ...when(answer === Vm || answer === Connection || 304 in answers, 'ETag'),
    ...when(hasPages(route) && status === 200, 'Link'),
    ...when(key !== undefined, 'IdempotencyReplayed'),
    ...when(source === true && body !== undefined, 'Deprecation', 'Sunset'),
    ...when(answer === 'text/event-stream', 'XAccelBuffering'),
  ];
};

const contentOf = (answer: z.ZodType | string, schemas: SharedSchemas) => {
  const example = exampleOf(answer);
  const shown = example === undefined ? {} : { example };
  if (answer instanceof z.ZodType) return { 'application/json': { schema: schemas.of(answer, 'output'), ...shown } };
  return { [answer]: { schema: { type: answer === 'application/json' ? 'object' : 'string' }, ...shown } };
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

/** `Location` of a conflict is the operation in the way. */
const refusalHeaders: Readonly<Record<number, readonly HeaderName[]>> = {
  401: ['WwwAuthenticate'],
  409: ['Location'],
  429: ['RetryAfter'],
  503: ['RetryAfter'],
};

/** One answer per status of the problem table, with the codes it may carry. */
export const refusals = Object.fromEntries(
  statuses.map((status) => {
    const codes = (Object.keys(problems) as ProblemCode[]).filter((code) => problems[code][0] === status);
    const example = problemOf({
      rejected: codes[0] ?? 'internal',
      because: 'What was refused, and why. Nothing was done.',
    });
    const content = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' }, example } };
    const description = `Refused: ${codes.map((code) => `\`${code}\``).join(', ')}${older[status] ?? ''}`;
    return [
      `Refused${status}`,
      { description, headers: pointed([...always, ...(refusalHeaders[status] ?? [])]), content },
    ];
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
    return [
      status,
      {
        description: words[Number(status)] ?? status,
        headers: pointed(headersOf(route, Number(status), answer)),
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
