// What the kernel hands out: the words that every layer speaks. Every export is named. Never: a word of one capability, or
// an import of anything but zod and node:crypto below here.
export { policyActor, rights, SELF, type Actor, type Right } from './rights/actor.js';
export { LOCAL_ADMIN, rightsOf, roles, type Grant, type Role } from './rights/roles.js';
export { Alias, sameAlias, withAlias } from './machines/alias.js';
export { backOffMs } from './time/back-off.js';
export { Cidr } from './settings/cidr.js';
export { yieldToEventLoop, somebodyArrived, Instant, systemNow, type Now } from './time/clock.js';
export {
  bind,
  defineCommand,
  recordedDenial,
  refusalOf,
  type CommandDefinition,
  type Guards,
  type JudgingPorts,
  type OnDenied,
} from './model/command.js';
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
} from './rights/scope.js';
export {
  ConnectionState,
  ConnectionTarget,
  CredentialRef,
  isBlocked,
  isConfigured,
  NOT_CONFIGURED,
  Tls,
  type ConnectionStatus,
} from './machines/connection.js';
export { assertNever, type Decider } from './model/decider.js';
export { eachStep } from './time/each-step.js';
export type { Fact, Json } from './model/event.js';
export { hashOf } from './hash.js';
export {
  AliasId,
  AliasKey,
  BulkId,
  CommandId,
  CommitId,
  ConnectionId,
  ConnectionKind,
  EventMark,
  FactId,
  GroupId,
  idOf,
  LetterId,
  OperationId,
  PrincipalId,
  ProcessRunId,
  RequestId,
  SessionId,
  StoreId,
  StreamId,
  VmId,
  WatchId,
  WorkerId,
  WorkFileId,
  type Chosen,
  type Id,
  type IdOf,
} from './ids.js';
export { loopShare, unshared, type LoopShare } from './time/loop-share.js';
export { Disk, Hardware, Mode, Nic, PowerState, Tools, type Seen } from './machines/machine.js';
export { sourceOf } from './settings/network.js';
export { GuestTools, identityAliases, KEY_ALIAS, REF_ALIAS } from './machines/published-names.js';
export type { Policy } from './model/policy.js';
export type { Projection, Scalar } from './model/projection.js';
export { defineQuery, type QueryDefinition } from './model/query.js';
export {
  compareReads,
  ReadOrder,
  recordedOrder,
  verdictIsNewer,
  type ReadMoment,
  type RecordedOrder,
} from './machines/read-order.js';
export { isRejection, reject, type Candidate, type Rejection, type RejectionDetail } from './model/rejection.js';
export { isSecret } from './secret.js';
export { factor, wholeNumber } from './settings/setting-numbers.js';
export { readSettings, type Environment } from './settings/settings.js';
export { bindAll, type AnyUseCase, type PortsOf, type UseCases, type UseCaseTable } from './model/use-cases.js';
