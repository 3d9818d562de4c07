// The catalogue of routes: address, rights, key, schemas and answers of each, one a line. The request guard checks by it,
// the OpenAPI document is made from it, and a boot fails when a row has no handler. Never: mount a route past it, or state
// one of these things twice.
import * as z from 'zod';
import { ConnectionId, LetterId, OperationId, VmId, type Right } from '@drover/kernel';
import type { Service } from '../catalogue.js';
import { Connection, Probe } from './connection.js';
import { DeadLetter } from './dead-letter.js';
import { PublicFact } from './fact.js';
import { Operation } from './operation.js';
import { given, pageOf } from './page.js';
import * as ask from './requests.js';
import { Health, SessionState, User } from './session.js';
import {
  SourcePoweredOff,
  SourcePoweredOn,
  SourcePowerOffRequest,
  SourcePowerOnRequest,
  SourcePowerState,
} from './source-power.js';
import { FleetSummary, PartialVm, Vm } from './vm.js';

/**
 * What a route says of itself, once: its address, who may use it, what comes in, what goes out. The door checks by it,
 * the OpenAPI document prints it, and a controller names it instead of repeating it.
 */
export interface RouteDefinition {
  /** The command or query behind it. */
  readonly name: string;
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** With `{id}` for what varies. */
  readonly path: string;
  /** Who answers; `operation` = the service that the operation's id names, `every` = each process for itself. */
  readonly owner: Service | 'operation' | 'every';
  /** One of these opens the door; what the body needs is for the handler to ask. `session`: anyone who is signed in. */
  readonly needs: 'public' | 'session' | readonly [Right, ...Right[]];
  /** Idempotency-Key `required`, or `accepted` on the sources' paths; without it the route takes none. */
  readonly key?: 'required' | 'accepted';
  /** Takes the ETag that the client has seen (`If-Match`), and refuses when what it writes has changed since. */
  readonly ifMatch?: true;
  /** Kept as a source document states it: older error sentences, no CSRF header, `Deprecation` where credentials come. */
  readonly source?: true;
  /** A GET that changes something: no other site may send a browser there. */
  readonly acts?: true;
  readonly summary: string;
  /** Of a verb of one machine: when it has succeeded, and what its modes do. The document adds what all of them share. */
  readonly says?: string;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodObject;
  /** The status of an answer when nothing else is said; 200 unless stated. */
  readonly status?: number;
  /** The schema of each answer but refusals; a text is a media type, null is no body. */
  readonly answers: Readonly<Record<number, z.ZodType | string | null>>;
}

const id = <Schema extends z.ZodType>(schema: Schema) => z.strictObject({ id: schema });
const vm = id(VmId.schema);
const operation = id(OperationId.schema);
const connection = id(ConnectionId.schema);
const sourceVm = z.strictObject({ vm_id: z.string().min(1).max(253) });
const letter = id(LetterId.schema);
const nothing = z.strictObject({});
const accepted = { status: 202, answers: { 202: Operation, 200: Operation } } as const;
/** A read of the views that can be asked to wait for a place in the journal. */
const atLeast = <Shape extends z.ZodRawShape>({ shape }: z.ZodObject<Shape>) =>
  z.strictObject({ ...shape, ...ask.MinPosition });
const read = ['vm:read'] as const;
const power = ['vm:operate', 'vm:force'] as const;
const admin = ['settings:admin'] as const;
const change = { query: ask.DryRunQuery } as const;
/** A change of something that has an ETag. */
const versioned = { ...change, ifMatch: true } as const;

const define = <const Routes extends Readonly<Record<string, RouteDefinition>>>(routes: Routes) => routes;

/** Every route there is, one a line: a table to be read down. What is not in here answers 404. */
// prettier-ignore
export const routes = define({
  // gateway
  listVms: { name: 'vm.list', method: 'GET', path: '/api/v1/vms', owner: 'gateway', needs: read, summary: 'The fleet, page by page', params: nothing, query: atLeast(ask.VmListQuery), answers: { 200: pageOf(PartialVm), 304: null } },
  lookupVm: { name: 'vm.lookup', method: 'GET', path: '/api/v1/vms/lookup', owner: 'gateway', needs: read, summary: 'One machine by name or alias; 409 with the candidates when several have it', params: nothing, query: atLeast(ask.VmLookupQuery), answers: { 200: Vm } },
  getVm: { name: 'vm.get', method: 'GET', path: '/api/v1/vms/{id}', owner: 'gateway', needs: read, summary: 'One machine as it is, as it was (at, version), or read from its provider now (fresh)', params: vm, query: atLeast(ask.VmQuery), answers: { 200: Vm, 304: null } },
  getVmHistory: { name: 'vm.history', method: 'GET', path: '/api/v1/vms/{id}/history', owner: 'gateway', needs: read, summary: 'Every public event of a machine, newest first', params: vm, query: atLeast(ask.PageQuery), answers: { 200: pageOf(PublicFact) } },
  getFleet: { name: 'fleet.get', method: 'GET', path: '/api/v1/fleet', owner: 'gateway', needs: read, summary: 'Counts of the fleet by each dimension', params: nothing, query: atLeast(nothing), answers: { 200: FleetSummary } },
  listOperations: { name: 'operation.list', method: 'GET', path: '/api/v1/operations', owner: 'gateway', needs: read, summary: 'Operations of the last 30 days, newest first; a bulk without its items', params: nothing, query: atLeast(ask.OperationListQuery), answers: { 200: pageOf(Operation) } },
  listEvents: { name: 'event.list', method: 'GET', path: '/api/v1/events', owner: 'gateway', needs: read, summary: 'The journal after a cursor; waits for something to come', params: nothing, query: ask.EventListQuery, answers: { 200: pageOf(PublicFact) } },
  streamEvents: { name: 'event.stream', method: 'GET', path: '/api/events/stream', owner: 'gateway', needs: read, source: true, summary: 'The journal, live, as server-sent events', params: nothing, query: ask.StreamQuery, answers: { 200: 'text/event-stream' } },
  signInByLink: { name: 'auth.link', method: 'GET', path: '/api/auth/link/{code}', owner: 'gateway', needs: 'public', summary: 'Exchanges a single-use link for a session', params: z.strictObject({ code: given(z.string().max(200)) }), query: nothing, status: 303, answers: { 303: null } },
  readWelcome: { name: 'auth.welcome', method: 'GET', path: '/api/auth/welcome', owner: 'gateway', needs: 'public', summary: 'A page that says to a browser whether it is signed in', params: nothing, query: nothing, answers: { 200: 'text/html' } },
  getSession: { name: 'auth.session', method: 'GET', path: '/api/auth/session', owner: 'gateway', needs: 'public', summary: 'Whether the browser is signed in', params: nothing, query: nothing, answers: { 200: SessionState } },
  getUser: { name: 'auth.user', method: 'GET', path: '/api/auth/user', owner: 'gateway', needs: 'session', summary: 'Who is signed in, and what they may do', params: nothing, query: nothing, answers: { 200: User } },
  leave: { name: 'auth.logout', method: 'GET', path: '/api/auth/logout', owner: 'gateway', needs: 'session', acts: true, summary: 'Ends the session and goes to the start page', params: nothing, query: nothing, status: 303, answers: { 303: null } },
  signOut: { name: 'auth.logout', method: 'POST', path: '/api/auth/logout', owner: 'gateway', needs: 'session', summary: 'Ends the session', params: nothing, query: nothing, status: 204, answers: { 204: null } },
  readDocs: { name: 'docs.page', method: 'GET', path: '/api/docs', owner: 'gateway', needs: 'public', summary: 'This document, to read and try', params: nothing, query: nothing, answers: { 200: 'text/html' } },
  readDocsAsset: { name: 'docs.asset', method: 'GET', path: '/api/docs/{file}', owner: 'gateway', needs: 'public', summary: 'A script or style of the page', params: z.strictObject({ file: given(z.string().max(64)) }), query: nothing, answers: { 200: 'application/octet-stream' } },
  getOpenApi: { name: 'docs.document', method: 'GET', path: '/api/openapi.json', owner: 'gateway', needs: 'public', summary: 'This document', params: nothing, query: nothing, answers: { 200: 'application/json' } },
  getAsyncApi: { name: 'docs.document', method: 'GET', path: '/api/asyncapi.json', owner: 'gateway', needs: 'public', summary: 'The events, as an AsyncAPI document', params: nothing, query: nothing, answers: { 200: 'application/json' } },
  readProblem: { name: 'docs.problem', method: 'GET', path: '/problems/{code}', owner: 'gateway', needs: 'public', summary: 'What a refusal means and what to do', params: z.strictObject({ code: z.string().min(1).max(64) }), query: nothing, answers: { 200: 'text/html' } },
  listDeadLetters: { name: 'dead-letter.list', method: 'GET', path: '/api/v1/dead-letters', owner: 'gateway', needs: admin, summary: 'Events that readers could not take, with what waits behind them', params: nothing, query: ask.PageQuery, answers: { 200: pageOf(DeadLetter) } },
  getDeadLetter: { name: 'dead-letter.get', method: 'GET', path: '/api/v1/dead-letters/{id}', owner: 'gateway', needs: admin, summary: 'One of them, as it came', params: letter, query: nothing, answers: { 200: DeadLetter } },
  replayDeadLetter: { name: 'dead-letter.replay', method: 'POST', path: '/api/v1/dead-letters/{id}/replay', owner: 'gateway', needs: admin, summary: 'Takes what is parked of its key again, in order', params: letter, ...change, body: ask.ReasonBody, status: 204, answers: { 204: null } },
  discardDeadLetter: { name: 'dead-letter.discard', method: 'POST', path: '/api/v1/dead-letters/{id}/discard', owner: 'gateway', needs: admin, summary: 'Gives the event up for good, then takes what follows it', params: letter, ...change, body: ask.DiscardBody, status: 204, answers: { 204: null } },
  // every process
  live: { name: 'health.live', method: 'GET', path: '/health/live', owner: 'every', needs: 'public', summary: 'Whether the process runs', params: nothing, query: nothing, answers: { 200: Health } },
  ready: { name: 'health.ready', method: 'GET', path: '/health/ready', owner: 'every', needs: 'public', summary: 'Whether the process wants traffic', params: nothing, query: nothing, answers: { 200: Health, 503: Health } },
  healthDetail: { name: 'health.detail', method: 'GET', path: '/health/detail', owner: 'every', needs: ['health:read'], summary: 'Each part of the process and how it does', params: nothing, query: nothing, answers: { 200: Health } },
  healthOverview: { name: 'health.detail', method: 'GET', path: '/api/system/health', owner: 'every', needs: ['health:read'], summary: 'The same as /health/detail', params: nothing, query: nothing, answers: { 200: Health } },
  metrics: { name: 'metrics.get', method: 'GET', path: '/metrics', owner: 'every', needs: ['health:read'], summary: 'The figures of the process, for Prometheus', params: nothing, query: nothing, answers: { 200: 'text/plain' } },
  // the service that an operation's id names
  getOperation: { name: 'operation.get', method: 'GET', path: '/api/v1/operations/{id}', owner: 'operation', needs: read, summary: 'Where an operation stands, from its own stream', params: operation, query: nothing, answers: { 200: Operation } },
  getOperationFacts: { name: 'operation.facts', method: 'GET', path: '/api/v1/operations/{id}/facts', owner: 'operation', needs: read, summary: 'Every event of an operation, internal ones included', params: operation, query: ask.PageQuery, answers: { 200: pageOf(PublicFact) } },
  cancelOperation: { name: 'operation.cancel', method: 'POST', path: '/api/v1/operations/{id}/cancel', owner: 'operation', needs: power, summary: 'Stops what has not been sent yet', params: operation, ...change, body: ask.ReasonBody, ...accepted },
  checkOperation: { name: 'operation.check', method: 'POST', path: '/api/v1/operations/{id}/check', owner: 'operation', needs: power, summary: 'Reads the provider again for an outcome that is unknown', params: operation, ...change, body: ask.ReasonBody, ...accepted },
  markOperation: { name: 'operation.mark', method: 'POST', path: '/api/v1/operations/{id}/mark', owner: 'operation', needs: power, summary: 'A person says what came of it', params: operation, ...change, body: ask.MarkBody, answers: { 200: Operation } },
  runOperationAgain: { name: 'operation.run-again', method: 'POST', path: '/api/v1/operations/{id}/run-again', owner: 'operation', needs: power, key: 'required', summary: 'The same request again', params: operation, ...change, body: ask.ReasonBody, ...accepted },
  // inventory
  registerVm: { name: 'vm.register', method: 'POST', path: '/api/v1/vms', owner: 'inventory', needs: ['vm:edit'], key: 'required', summary: 'Makes a machine known', params: nothing, ...change, body: ask.RegisterVmBody, status: 201, answers: { 201: Vm, 202: PartialVm } },
  editVm: { name: 'vm.edit', method: 'PATCH', path: '/api/v1/vms/{id}', owner: 'inventory', needs: ['vm:edit'], summary: 'Changes what people say of a machine', params: vm, ...versioned, body: ask.EditVmBody, answers: { 200: Vm, 202: PartialVm } },
  retireVm: { name: 'vm.retire', method: 'POST', path: '/api/v1/vms/{id}/retire', owner: 'inventory', needs: ['vm:edit'], summary: 'Takes a machine out of the fleet; its history stays', params: vm, ...versioned, body: ask.ReasonBody, answers: { 200: Vm, 202: PartialVm } },
  listConnections: { name: 'connection.list', method: 'GET', path: '/api/v1/connections', owner: 'inventory', needs: read, summary: 'The providers', params: nothing, query: ask.PageQuery, answers: { 200: pageOf(Connection) } },
  getConnection: { name: 'connection.get', method: 'GET', path: '/api/v1/connections/{id}', owner: 'inventory', needs: read, summary: 'One provider, and why it is not up', params: connection, query: nothing, answers: { 200: Connection } },
  testConnection: { name: 'connection.test', method: 'POST', path: '/api/v1/connections/{id}/test', owner: 'inventory', needs: ['connection:admin'], summary: 'Tries each step on the way to the provider', params: connection, query: nothing, body: nothing, answers: { 200: z.array(Probe) } },
  refreshConnection: { name: 'connection.refresh', method: 'POST', path: '/api/v1/connections/{id}/refresh', owner: 'inventory', needs: ['vm:operate'], summary: 'Lists the machines of the provider now', params: connection, ...versioned, body: ask.ReasonBody, ...accepted },
  resetConnection: { name: 'connection.reset', method: 'POST', path: '/api/v1/connections/{id}/reset', owner: 'inventory', needs: ['connection:admin'], summary: 'Allows one more sign-in after a refused one', params: connection, ...versioned, body: ask.ReasonBody, answers: { 200: Connection } },
  // power
  getSourcePowerState: { name: 'power.state', method: 'GET', path: '/api/v1/vm/{vm_id}/power-state', owner: 'power', needs: read, source: true, summary: 'Power of a machine, read from its provider now', params: sourceVm, query: ask.SourceStateQuery, answers: { 200: SourcePowerState } },
  sourcePowerOff: { name: 'vm.power-off', method: 'POST', path: '/api/v1/vm/{vm_id}/power-off', owner: 'power', needs: power, key: 'accepted', source: true, summary: 'Powers off and waits until it is verified', params: sourceVm, query: nothing, body: SourcePowerOffRequest, answers: { 200: SourcePoweredOff, 202: Operation } },
  sourcePowerOn: { name: 'vm.power-on', method: 'POST', path: '/api/v1/vm/{vm_id}/power-on', owner: 'power', needs: ['vm:operate'], key: 'accepted', source: true, summary: 'Powers on and waits until it is verified', params: sourceVm, query: nothing, body: SourcePowerOnRequest, answers: { 200: SourcePoweredOn, 202: Operation } },
  powerOn: { name: 'vm.power-on', method: 'POST', path: '/api/v1/vms/{id}/actions/power-on', owner: 'power', needs: ['vm:operate'], key: 'required', summary: 'Powers a machine on', says: 'Success is said only of a machine that was read as on.', params: vm, ...versioned, body: ask.PowerOnBody, ...accepted },
  powerOff: { name: 'vm.power-off', method: 'POST', path: '/api/v1/vms/{id}/actions/power-off', owner: 'power', needs: power, key: 'required', summary: 'Powers a machine off', says: '`soft` asks the guest; `trySoft` asks, then powers off; `hard` powers off. Success is said only of a machine that was read as off.', params: vm, ...versioned, body: ask.PowerOffBody, ...accepted },
  restart: { name: 'vm.restart', method: 'POST', path: '/api/v1/vms/{id}/actions/restart', owner: 'power', needs: power, key: 'required', summary: 'Restarts a machine', says: '`soft` asks the guest to reboot; `hard` resets the machine. Success takes evidence that it has restarted.', params: vm, ...versioned, body: ask.RestartBody, ...accepted },
  bulkPowerOn: { name: 'bulk.start', method: 'POST', path: '/api/v1/vms/actions/power-on', owner: 'power', needs: power, key: 'required', summary: 'Powers many machines on', params: nothing, ...change, body: ask.BulkPowerOnBody, ...accepted },
  bulkPowerOff: { name: 'bulk.start', method: 'POST', path: '/api/v1/vms/actions/power-off', owner: 'power', needs: power, key: 'required', summary: 'Powers many machines off', params: nothing, ...change, body: ask.BulkPowerOffBody, ...accepted },
  bulkRestart: { name: 'bulk.start', method: 'POST', path: '/api/v1/vms/actions/restart', owner: 'power', needs: power, key: 'required', summary: 'Restarts many machines', params: nothing, ...change, body: ask.BulkRestartBody, ...accepted },
});

/** Whether a route is one of the older power paths: newer ones take their place, and credentials that come along are dropped. */
export const isOlder = ({ source, owner }: RouteDefinition): boolean => source === true && owner === 'power';

/** Whether a route answers with operations, in its own shapes or those of a source: an answer may be ahead of the views. */
export const tellsOperations = ({ name, answers }: RouteDefinition): boolean =>
  Object.values(answers).includes(Operation) || name === 'operation.facts';

type Parsed<Schema> = Schema extends z.ZodType<infer Value> ? Value : Record<string, never>;

/** What comes in by a route, parsed. */
export interface InputOf<Route extends RouteDefinition> {
  readonly params: Parsed<Route['params']>;
  readonly query: Parsed<Route['query']>;
  readonly body: Parsed<Route['body']>;
}

/** What a route is called in the catalogue. */
export type RouteName = keyof typeof routes;

/** The names in the catalogue of the routes that an owner answers. */
export type RouteId<Owner extends RouteDefinition['owner']> = {
  [Name in RouteName]: (typeof routes)[Name]['owner'] extends Owner ? Name : never;
}[RouteName];
