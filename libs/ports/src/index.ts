// What the ports hand out: interfaces, their memory adapters, and what runs a service's flow. Every export is named.
// Contract suites are in testing.ts. Never: export a contract here; a process would load jest.
export { assertHeld } from './flow/own-views.js';
export { sleep, type Clock } from './clock/clock.js';
export { agoOn, elapsedOn, type Elapsed } from './clock/elapsed.js';
export { recentMap, type RecentMap } from './recent-map.js';
export { watchWallSteps, type WallStep, type WallSteps } from './clock/wall-steps.js';
export { virtualClock, type VirtualClock } from './clock/clock.memory.js';
export type { Batch, Consumer, Delivery, EventBus, PublishedLog, ReadLog } from './event-bus/event-bus.js';
export { memoryEventBus } from './event-bus/event-bus.memory.js';
export { auditOf, auditEvent, denialsIn, type Audit, type AuditFact, type AuditLog } from './event-store/audit.js';
export { strangersOf, type Strangers } from './event-store/strangers.js';
export {
  chainHash,
  GENESIS,
  isLost,
  LOST_FACT,
  StoreRefused,
  StreamMoved,
  contextOf,
  type Commit,
  type CommitMetadata,
  type Draft,
  type EventStore,
  type StreamPart,
  type Recorded,
  type StoreRefusalCode,
  type CommandContext,
} from './event-store/event-store.js';
export { memoryEventStore, type MemoryEventStoreOptions } from './event-store/event-store.memory.js';
export type { Folded, StreamsOptions } from './event-store/folded-streams.js';
export {
  streamsOf,
  wholeStore,
  type Outcome,
  type Streams,
  type StreamsOf,
  type TransactRefusal,
} from './event-store/streams.js';
export { viewConsumer, parkingConsumer, type Consuming, type ParkingConsumer } from './flow/view-consumer.js';
export { addFlowMetrics, type FlowMetricsPorts } from './flow/flow-metrics.js';
export { operationEnds, type OperationEnd, type OperationEndsPorts } from './flow/operation-ends.js';
export { serviceLines, type ServiceLinesPorts } from './flow/service-lines.js';
export type { ConsumerPark, DeadLetters, Park } from './flow/dead-letters.js';
export { operationFacts, type EventAttributes, type EventMapping } from './flow/operation-facts.js';
export { isParkedKind, letterId, unreadableRow, type ParkedRow } from './flow/parked-rows.js';
export { parkingOf } from './flow/event-parking.js';
export type { Parking, ParkingPorts, ReadAgain, Replayed } from './flow/parking.js';
export { standstill, writesOf, type AnyProjection } from './flow/projecting.js';
export {
  logReader,
  type LogReader,
  type ReaderState,
  type ReadSlice,
  type LogSlice,
  type Unreadable,
} from './flow/log-reader.js';
export { flowsOf, type FlowPorts, type Flows } from './flow/flows.js';
export type { CatchUp, PolicyTrigger, ServiceFlow, ServiceShift } from './flow/service-flow.js';
export { inTurn, type InTurn } from './flow/turns.js';
export { readUntil, streamNotifier, type StreamNotifier, type WaitPorts } from './flow/stream-notifier.js';
export { publicEvents, storedFacts, type Publish, type StoredFact } from './flow/stored-fact.js';
export type { JobFailure, JobQueue } from './job-queue/job-queue.js';
export { statedNudges } from './flow/stated-nudges.js';
export { memoryJobQueue } from './job-queue/job-queue.memory.js';
export { JournalMoved, markOf } from './journal/journal.js';
export type {
  Journal,
  JournalEntry,
  JournalRun,
  JournalState,
  KeptEvent,
  LoggedEvents,
  LogRange,
  TrimmedEntry,
  TrimmedSlice,
} from './journal/journal.js';
export { memoryJournal } from './journal/journal.memory.js';
export { routingOf, type JournalChoice, type Routing } from './journal/routing.js';
export { isWritten, logLevels, type Log, type LogFields, type LogLevel, type WriteLine } from './log/log.js';
export { memoryLog, type LogLine, type MemoryLog } from './log/log.memory.js';
export { maskedFields, SECRET_MEMBERS } from './log/mask.js';
export { maskedText, unsteered } from './log/masked-text.js';
export type {
  MachineBatch,
  CatalogNews,
  ProviderIdentity,
  Machine,
  MachineCatalog,
  SkippedMachine,
} from './machine-catalog/machine-catalog.js';
export type { Lease, LeaseRow, Leases, LeaseStore } from './lease/lease.js';
export { memoryLeaseStore } from './lease/lease.memory.js';
export { leasesOn, type LeasesOptions } from './lease/leases.js';
export { processLease, type ProcessLease } from './lease/process-lease.js';
export { soleLeases } from './lease/sole-leases.js';
export { memoryMachineCatalog, type UnreadMachine } from './machine-catalog/machine-catalog.memory.js';
export {
  MOST_SERIES,
  seriesWithin,
  type Counter,
  type Histogram,
  type SeriesLabels,
  type MetricDefinition,
  type Metrics,
  type GaugeReading,
  type ReadGauge,
} from './metrics/metrics.js';
export { memoryMetrics } from './metrics/metrics.memory.js';
export {
  OutboundFault,
  type OutboundAnswer,
  type OutboundHttp,
  type OutboundRequest,
} from './outbound-http/outbound-http.js';
export { memoryOutboundHttp } from './outbound-http/outbound-http.memory.js';
export { powerCallNames, powerCalls, senderIsOver } from './power-control/power-control.js';
export type {
  CallEffect,
  KnownPower,
  LastKnown,
  MachineRef,
  OperationToken,
  PowerCall,
  PowerControl,
  PowerReading,
  UnnumberedReading,
  Sent,
} from './power-control/power-control.js';
export { memoryPowerControl, type MemoryMachine } from './power-control/power-control.memory.js';
export {
  LOST_MS,
  SILENT_MS,
  type Contact,
  type ProviderContact,
  type ContactState,
} from './provider-contact/provider-contact.js';
export {
  memoryProviderContact,
  type ContactRecord,
  type Question,
} from './provider-contact/provider-contact.memory.js';
export { faultOf, ProviderFault, type FaultCode } from './provider-fault.js';
export type { OpenProvider, Provider, ProviderKind, ProviderPorts } from './provider-kind.js';
export { readCounter, type ReadCounter } from './read-counter.js';
export {
  credentialOf,
  SecretUnusable,
  type CredentialSchema,
  type SecretSource,
} from './secret-source/secret-source.js';
export { memorySecretSource } from './secret-source/secret-source.memory.js';
export type { AnswerTo, OwnerAnswers, OwnerRequest } from './owner-request/owner-request.js';
export { memoryOwnerRequest, type MemoryOwnerRequest } from './owner-request/owner-request.memory.js';
export type { NewSession, Session, SessionStore, SessionTerms } from './session-store/session-store.js';
export { noCookie, sessionCookie, sessionSecretsIn } from './session-store/session-cookie.js';
export { memorySessionStore } from './session-store/session-store.memory.js';
export {
  PageExpired,
  ViewsMoved,
  type ViewQuery,
  type ViewPage,
  type SortKey,
  type View,
  type Move,
  type ViewCommit,
  type ViewDefinition,
  type ViewGroup,
  type ViewStore,
  type Write,
} from './view-store/view-store.js';
export { decodePageCursor, encodePageCursor, queryHash, type PageCursor } from './view-store/page-cursor.js';
export { allRows, partsOfRows, rowsOf } from './view-store/rows-of.js';
export { memoryViewStore, type MemoryViewStore } from './view-store/view-store.memory.js';
export type { WorkRow, WorkStore, WorkWrite } from './work-store/work-store.js';
export { memoryWorkStore } from './work-store/work-store.memory.js';
