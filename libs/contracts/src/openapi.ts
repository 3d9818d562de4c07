// The HTTP side of the house as an OpenAPI 3.1 document: nothing is said here that the routes and their schemas do not
// say; a route that is not in the catalogue is in no document. Committed, compared, never written by hand.
// Don't: call this per request. It makes a new document each time; keep the text.
import { Alias, Hardware, Tls } from '@drover/kernel';
import { answerHeaders, securityHeaders } from './document/answer-headers.js';
import { answersOf } from './document/answers.js';
import { descriptionOf, tagOf, tags } from './document/descriptions.js';
import { exampleOf } from './document/examples.js';
import { sharedSchemas, type JsonSchema, type SharedSchemas } from './document/json-schema.js';
import { headers, parametersOf } from './document/parameters.js';
import { refusals } from './document/refusals.js';
import { Connection, Discovery, Probe } from './http/connection.js';
import { PublicFact } from './http/fact.js';
import { Evidence, Operation } from './http/operation.js';
import { Problem } from './http/problems.js';
import * as requests from './http/requests.js';
import { isOlder, routes, type RouteDefinition } from './http/routes.js';
import { Health, SessionState, User } from './http/session.js';
import {
  SourcePoweredOff,
  SourcePoweredOn,
  SourcePowerOffRequest,
  SourcePowerOnRequest,
  SourcePowerState,
} from './http/source-power.js';
import { FleetSummary, Labels, PartialVm, Vm } from './http/vm.js';

/** Bodies have the names of their exports. `DiscardBody` stands where it is used, as it did when it was released. */
const bodies = Object.fromEntries(
  Object.entries(requests).filter(([name]) => name.endsWith('Body') && name !== 'DiscardBody'),
);
const sourceBodies = { SourcePowerOffRequest, SourcePowerOnRequest };
const parts = { Alias, Discovery, Evidence, Hardware, Labels, Probe, Problem, Tls };
const answers = { Connection, Fact: PublicFact, FleetSummary, Health, Operation, PartialVm, SessionState, User, Vm };
const sourceAnswers = { SourcePoweredOff, SourcePoweredOn, SourcePowerState };
const named = { ...bodies, ...sourceBodies, ...parts, ...answers, ...sourceAnswers };

/** One operation of the document. */
export interface DocumentedRoute {
  readonly operationId: string;
  readonly parameters: readonly Readonly<Record<string, unknown>>[];
  readonly requestBody?: {
    readonly required: boolean;
    readonly content: Readonly<Record<string, { schema: JsonSchema }>>;
  };
  readonly responses: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly 'x-drover-needs': RouteDefinition['needs'];
  readonly [more: string]: unknown;
}

const bodyOf = ({ body }: RouteDefinition, schemas: SharedSchemas) => {
  if (!body || Object.keys(body.shape).length === 0) return {};
  const content = { 'application/json': { schema: schemas.of(body, 'input'), example: exampleOf(body) } };
  return { requestBody: { required: !body.safeParse({}).success, content } };
};

const documented = (operationId: string, route: RouteDefinition, schemas: SharedSchemas): DocumentedRoute => ({
  operationId,
  summary: route.summary,
  description: descriptionOf(operationId, route),
  tags: [tagOf(route)],
  // A newer path does the same; the stream has no other.
  ...(isOlder(route) && { deprecated: true }),
  'x-drover-name': route.name,
  'x-drover-needs': route.needs,
  'x-drover-owner': route.owner,
  security: route.needs === 'public' ? [] : [{ cookie: [] }, { bearer: [] }],
  parameters: parametersOf(route, schemas),
  ...bodyOf(route, schemas),
  responses: answersOf(route, schemas),
});

const securitySchemes = {
  cookie: {
    type: 'apiKey',
    in: 'cookie',
    name: 'drover_sid',
    description: 'The session of a browser; over https its name is __Host-drover_sid. A valid one decides.',
  },
  bearer: { type: 'http', scheme: 'bearer', description: 'Decides when no valid session cookie came.' },
};

/** The OpenAPI document of every route, under the version of the product. */
export const openApi = (version: string) => {
  const schemas = sharedSchemas(named);
  schemas.of(Problem, 'output'); // refusals point to it
  const paths: Record<string, Record<string, DocumentedRoute>> = {};
  for (const [id, route] of Object.entries<RouteDefinition>(routes))
    (paths[route.path] ??= {})[route.method.toLowerCase()] = documented(id, route, schemas);
  return {
    openapi: '3.1.0',
    info: {
      title: 'Drover',
      version,
      summary: 'A control plane for herds of virtual machines',
      description:
        'Refusals are problems (RFC 9457); long work is an operation, followed at its Location. What is not described ' +
        'answers 404; a member or parameter that is not described is refused with 400. Answers may get more members. ' +
        `Every answer has the usual headers of security, too: ${securityHeaders.join(', ')}.`,
      license: { name: 'Apache 2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/', description: 'The Drover that this document came from' }],
    tags,
    paths,
    components: {
      schemas: schemas.components(),
      parameters: headers,
      headers: answerHeaders,
      responses: refusals,
      securitySchemes,
    },
  };
};
