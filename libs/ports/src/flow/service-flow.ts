// What a service hands to the flows of its process: its store, what it tells, its views, who listens, and its policies. Types
// only. Never: a flow that knows another service; they meet in what is published.
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

/** How far views have got, in events, of what there was when the process started. */
export interface CatchUp {
  readonly done: number;
  readonly of: number;
}

/** Views that are written beside something that one process of the service writes for all, whatever shape theirs have. */
export interface ServiceShift {
  /** The name of their group. One of the processes that have it writes it. */
  readonly views: string;
  /**
   * Brings the views of this shape to the end of what is written: twice a second where this process has them to write and
   * another one is the reader. Says whether this process may become that.
   */
  keepUp(isHeld: () => boolean): Promise<boolean>;
  /** Before its readers begin: each time this process takes them over, with views to write. */
  takeOver(isHeld: () => boolean): Promise<void>;
  /** Twice a second while another process writes the views: what that one wrote is seen here. */
  follow(): Promise<void>;
  /** Asks whether the views have what there is when this is called. */
  upToNow(): Promise<() => boolean>;
  catchUp(): CatchUp | null;
}

/** How the facts of a service flow: out to everyone, into its own views, to the policies that act on them. */
export interface ServiceFlow {
  readonly service: Service;
  readonly eventStore: EventStore;
  readonly publish: Publish;
  /** Views of the service's own facts. */
  readonly own?: { readonly group: ViewGroup; readonly projections: readonly AnyProjection<StoredFact>[] };
  /**
   * By which its processes share the work: one reads and reconciles, and of each shape of views one writes them. Without them
   * this one does everything.
   */
  readonly leases?: Leases;
  /** What the service does beside its readers, where one process reads and others follow it. */
  readonly shift?: ServiceShift;
  /** Where facts are parked that its own views cannot take; without it they are brought again until they do. */
  readonly work?: WorkStore;
  /** Who in the service listens to others. */
  readonly consumers: readonly Consumer[];
  readonly policies: readonly PolicyTrigger[];
  /** The jobs that its commands and policies nudge, its own and those that it asks another service for. */
  readonly nudges?: readonly string[];
  /** Records what must be known before the service is ready. Where it fails, a policy records it later. */
  readonly begin?: () => Promise<void>;
}
