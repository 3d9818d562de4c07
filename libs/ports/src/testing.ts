// Its own entry, so that nothing that runs in production reaches the test runner.
export { clockContract } from './clock/clock.contract.js';
export { anyOf, deciderContract } from './decider.contract.js';
export { eventBusContract } from './event-bus/event-bus.contract.js';
export {
  eventStoreContract,
  eventStoreLaws,
  sharedStoreContract,
  shortBench,
  shortStoreContract,
} from './event-store/event-store.contract.js';
export { jobQueueContract, type JobQueueBench } from './job-queue/job-queue.contract.js';
export type { JournalBench } from './journal/testing.js';
export { journalContract } from './journal/journal.contract.js';
export { leaseContract, ownLeaseContract, type LeaseBench } from './lease/lease.contract.js';
export { logContract, type LogBench } from './log/log.contract.js';
export { machineCatalogContract, type MachineCatalogBench } from './machine-catalog/machine-catalog.contract.js';
export { metricsContract, type MetricsBench } from './metrics/metrics.contract.js';
export { samplesIn, type Sample } from './metrics/samples-in.js';
export { ownerRequestContract, type OwnerRequestBench } from './owner-request/owner-request.contract.js';
export { outboundHttpContract, type OutboundHttpBench } from './outbound-http/outbound-http.contract.js';
export { powerControlContract, type PowerControlBench } from './power-control/power-control.contract.js';
export { providerContactContract, type ProviderContactBench } from './provider-contact/provider-contact.contract.js';
export { secretSourceContract } from './secret-source/secret-source.contract.js';
export { sessionStoreContract, type SessionStoreBench } from './session-store/session-store.contract.js';
export { commitAlone, viewStoreContract, type ViewStoreBench } from './view-store/view-store.contract.js';
export { workStoreContract, type WorkStoreBench } from './work-store/work-store.contract.js';
export { sampleMachine, sampleTarget } from './samples.js';
