export {
  catalogue,
  dataSchemaOf,
  eventType,
  eventTypes,
  type DataOf,
  type EventType,
  type Service,
} from './catalogue.js';
export { CloudEvent, isEvent, toCloudEvent, type Origin, type Said } from './cloud-event.js';
export { Connection, ConnectionState, Discovery, Probe } from './http/connection.js';
export { Fact } from './http/fact.js';
export {
  Evidence,
  NO_PROGRESS,
  Operation,
  operationLinks,
  operationPath,
  OperationState,
  OperationVerb,
} from './http/operation.js';
export { Cursor, pageOf, type Page } from './http/page.js';
export { codeOf, isProblemCode, Problem, problemInside, problemOf, problems, type ProblemCode } from './http/problems.js';
export {
  BulkPowerOffBody,
  BulkPowerOnBody,
  BulkRestartBody,
  DryRunQuery,
  EditVmBody,
  EventListQuery,
  MarkBody,
  OperationListQuery,
  PageQuery,
  PowerOffBody,
  PowerOnBody,
  ReasonBody,
  RegisterVmBody,
  RestartBody,
  SourceStateQuery,
  StreamQuery,
  VmListQuery,
  VmLookupQuery,
  VmQuery,
} from './http/requests.js';
export { routes, type InputOf, type RouteDefinition } from './http/routes.js';
export { Health, SessionState, User } from './http/session.js';
export {
  SourcePoweredOff,
  SourcePoweredOn,
  SourcePowerOffRequest,
  SourcePowerOnRequest,
  SourcePowerState,
} from './http/source-power.js';
export { FleetSummary, Labels, Verb, Vm } from './http/vm.js';
export { takenBy, topology } from './topology.js';
