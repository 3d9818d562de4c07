import type { Service } from '@drover/contracts';
import type { Policy } from '@drover/kernel';
import type { Consumer } from '../event-bus/event-bus.js';
import type { Commit, EventStore } from '../event-store/event-store.js';
import type { Leases } from '../lease/lease.js';
import type { ViewGroup } from '../view-store/view-store.js';
import type { WorkStore } from '../work-store/work-store.js';
import type { AnyProjection } from './projecting.js';
import type { Publish, StoredFact } from './stored-fact.js';

/** A policy, and which of the service's own commits wake it. */
export interface PolicyTrigger {
  readonly policy: Policy;
  /** The key that a commit may have given something to do. */
  readonly wakes: (commit: Commit) => string | null;
  readonly concurrency?: number;
  /**
   * Leases of its own say who acts on a key, so every process looks for what is unfinished; else only the one that reads
   * for the service does.
   */
  readonly fenced?: true;
}

/** How the facts of a service flow: out to everyone, into its own views, to the policies that act on them. */
export interface ServiceFlow {
  readonly service: Service;
  readonly eventStore: EventStore;
  readonly publish: Publish;
  /** Views of the service's own facts. */
  readonly own?: { readonly group: ViewGroup; readonly projections: readonly AnyProjection<StoredFact>[] };
  /** By which one of the processes of the service reads and reconciles; without them this one does. */
  readonly leases?: Leases;
  /** What the service does beside its readers, where one process reads and others follow it. */
  readonly shift?: {
    /** Before its readers begin: each time this process takes them over. */
    takeOver(): Promise<void>;
    /** Twice a second while another process reads: what that one wrote is seen here. */
    follow(): Promise<void>;
  };
  /** Where facts are parked that its own views cannot take; without it they are brought again until they do. */
  readonly work?: WorkStore;
  /** Who in the service listens to others. */
  readonly consumers: readonly Consumer[];
  readonly policies: readonly PolicyTrigger[];
  /** Records what must be known before the service is ready. Where it fails, a policy records it later. */
  readonly begin?: () => Promise<void>;
}
