// The answers of a route in the OpenAPI document: schemas, examples, headers, and pointers to the refusals. Everything
// follows from the route's row in the catalogue. Never: name a single route here; give its row a member that says what is
// special.
import * as z from 'zod';
import { Connection } from '../http/connection.js';
import { Operation } from '../http/operation.js';
import { isOlder, tellsOperations, type RouteDefinition } from '../http/routes.js';
import { Health } from '../http/session.js';
import { PartialVm, Vm } from '../http/vm.js';
import { always, pointed, type HeaderName } from './answer-headers.js';
import { exampleOf } from './examples.js';
import type { SharedSchemas } from './json-schema.js';
import { refusalOf, refusedWith } from './refusals.js';

const hasPages = ({ query }: RouteDefinition) => query !== undefined && 'limit' in query.shape;
const isVm = (answer: unknown) => answer === Vm || answer === PartialVm;
const headersOf = (route: RouteDefinition, status: number, answer: unknown): readonly HeaderName[] => {
  const { method, key, body, answers } = route;
  const when = (holds: boolean, ...names: HeaderName[]) => (holds ? names : []);
  // Also of the older paths, whose answer is no operation and names the one behind it.
  const long = answers[202] === Operation;
  return [
    ...always,
    'SetCookie',
    ...when(status === 303, 'Location'),
    ...when(long, 'Location', 'OperationLocation', 'PreferenceApplied'),
    ...when(tellsOperations(route), 'DroverView'),
    ...when(isVm(answer) && method !== 'GET', 'Location'),
    ...when(answer === Operation && status === 202, 'RetryAfter'),
    ...when(answer === Health && status === 503, 'RetryAfter'),
    ...when(answer === Vm || answer === Connection || 304 in answers, 'ETag'),
    ...when(hasPages(route) && status === 200, 'Link'),
    ...when(key !== undefined, 'IdempotencyReplayed'),
    ...when(isOlder(route) && body !== undefined, 'Deprecation', 'Sunset'),
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
    (status) => [status, { $ref: `#/components/responses/${refusalOf(route, status).name}` }] as const,
  );
  // Statuses stand in numeric order by themselves; an answer of its own (503 of /health/ready) wins over a refusal.
  return { ...Object.fromEntries(refused), ...Object.fromEntries(said) };
};
