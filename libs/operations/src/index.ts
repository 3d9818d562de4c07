export { asReadBy, readsOperation, type ReadingPorts } from './reading.js';
export { ifMatched } from './if-match.js';
export { evolveRecord, foldRecord } from './record.js';
export { NO_EVIDENCE, shownOperation, type Joined, type OperationWork } from './shown.js';
export { ownedOperation, type OperationOwner, type OwnedOperation, type WorkTable } from './owner.js';
export {
  factRole,
  openOperationsOf,
  unfinishedIn,
  type EventNames,
  type OpenOperationRow,
} from './open-operations.projection.js';
export { operationUseCases } from './operation.use-cases.js';
export {
  noSuchOperation,
  type AcceptedOperation,
  type KnownOperation,
  type OperationVerbs,
  type VerbInput,
  type VerbResult,
} from './operation-verbs.js';
