// What contracts hand out: events, routes, schemas, problems, documents. Every export is named. Never: export what only one
// capability needs; whatever stands here is a promise to every process.
export { asyncApi } from './asyncapi.js';
export {
  catalogue,
  dataSchemaOf,
  eventType,
  eventTypes,
  isService,
  services,
  type DataOf,
  type EventType,
  type Service,
} from './catalogue.js';
export { DeadLetter } from './http/dead-letter.js';
export { CloudEvent, envelope, isEvent, toCloudEvent, type FactOrigin, type PublicEvent } from './cloud-event.js';
export {
  fromKafkaRecord,
  fromLine,
  toKafkaRecord,
  toLine,
  type Decoded,
  type KafkaRecord,
  type ReceivedRecord,
} from './codec.js';
export { Connection, Discovery, Probe } from './http/connection.js';
export {
  connectionEtag,
  connectionVersionIn,
  isNoEtag,
  namesEtag,
  noEtag,
  sequenceIn,
  vmEtag,
  type VmParts,
} from './http/etag.js';
export { PublicFact } from './http/fact.js';
export {
  Evidence,
  hasEnded,
  NO_PROGRESS,
  Operation,
  operationLinks,
  operationPath,
  OperationState,
  OperationKind,
  OperationVerb,
} from './http/operation.js';
export { Cursor, pageOf, type Page } from './http/page.js';
export {
  codeOf,
  faults,
  isInsideCode,
  isProblemCode,
  Problem,
  problemInside,
  problemOf,
  problems,
  type ProblemCode,
} from './http/problems.js';
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
  DiscardBody,
  ReasonBody,
  RegisterVmBody,
  RestartBody,
  SourceStateQuery,
  StreamQuery,
  VmListQuery,
  VmLookupQuery,
  VmQuery,
} from './http/requests.js';
export {
  isOlder,
  routes,
  tellsOperations,
  type InputOf,
  type RouteDefinition,
  type RouteId,
  type RouteName,
} from './http/routes.js';
export { Health, SessionState, User } from './http/session.js';
export {
  SourcePoweredOff,
  SourcePoweredOn,
  SourcePowerOffRequest,
  SourcePowerOnRequest,
  SourcePowerState,
} from './http/source-power.js';
export { FleetSummary, Labels, PartialVm, Verb, Vm } from './http/vm.js';
export type { VmChange } from './http/vm-change.js';
export {
  type Beginning,
  type Ending,
  type EndState,
  type EventRole,
  type MachineVerdict,
  type OperationRecord,
  type OperationStatus,
  type OperationTable,
  type PublicEvidence,
} from './operations/operation-record.js';
export { lastRead } from './operations/power-roles.js';
export {
  machineOperationEvents,
  operationEvents,
  roleOf,
  verdictEvents,
  verdictIn,
  type ReadVerdict,
  type RoleName,
} from './operations/roles.js';
export { targetIn, type ConnectionRecord } from './machines/connection-record.js';
export { foldConnection, type ConnectionEvent } from './machines/fold-connection.js';
export { foldVm, isVmEvent, vmEventTypes, type VmEvent } from './machines/fold-vm.js';
export { candidateOf, goneVm } from './machines/gone-vm.js';
export { groupsIn } from './machines/groups-in.js';
export { bootOf, lastSeenIn, type SeenPower, type VmObservation } from './machines/vm-observation.js';
export { instanceUuidOf, mergedInto, type VmLife, type VmRecord } from './machines/vm-record.js';
export { openApi } from './openapi.js';
export { jobsBetween, LOOK_AGAIN, takenBy, topicOf, topology } from './topology.js';
