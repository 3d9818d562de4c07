export { policyActor, rights, SELF, type Actor, type Right } from './actor.js';
export { LOCAL_ADMIN, rightsOf, roles, type Grant, type Role } from './roles.js';
export { Alias, sameAlias, withAlias } from './alias.js';
export { Cidr } from './cidr.js';
export { yieldToEventLoop, somebodyArrived, Instant, systemNow, type Now } from './clock.js';
export {
  bind,
  defineCommand,
  recordedDenial,
  refusalOf,
  type CommandDefinition,
  type Guards,
  type JudgingPorts,
  type OnDenied,
} from './command.js';
export {
  asked,
  denialOf,
  noSuchConnection,
  noSuchVm,
  ofConnection,
  ofGroups,
  ofVm,
  reaches,
  scopeOf,
  type Denial,
  type GroupsOf,
  type Need,
  type Scope,
  type Subject,
} from './scope.js';
export { ConnectionTarget, CredentialRef, Tls } from './connection.js';
export { assertNever, type Decider } from './decider.js';
export { eachStep } from './each-step.js';
export type { Fact, Json } from './event.js';
export { hashOf } from './hash.js';
export {
  AliasId,
  BulkId,
  CommandId,
  CommitId,
  ConnectionId,
  ConnectionKind,
  FactId,
  GroupId,
  idOf,
  LetterId,
  OperationId,
  RequestId,
  SessionId,
  StreamId,
  VmId,
  type Chosen,
  type Id,
  type IdOf,
} from './ids.js';
export { loopShare, unshared, type LoopShare } from './loop-share.js';
export { Disk, Hardware, Mode, Nic, PowerState, Tools, type Seen } from './machine.js';
export { sourceOf } from './network.js';
export { GuestTools, identityAliases, KEY_ALIAS, REF_ALIAS } from './published-names.js';
export type { Policy } from './policy.js';
export type { Projection, Scalar } from './projection.js';
export { defineQuery, type QueryDefinition } from './query.js';
export {
  compareReads,
  ReadOrder,
  recordedOrder,
  verdictIsNewer,
  type ReadMoment,
  type RecordedOrder,
} from './read-order.js';
export { isRejection, reject, type Candidate, type Rejection, type RejectionDetail } from './rejection.js';
export { isSecret } from './secret.js';
export { factor, wholeNumber } from './setting-numbers.js';
export { readSettings, type Environment } from './settings.js';
export { bindAll, type AnyUseCase, type PortsOf, type UseCases, type UseCaseTable } from './use-cases.js';
