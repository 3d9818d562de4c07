// Carries public events from services to those who listen. A consumer keeps its position with what it writes, so an event
// comes at least once and counts once. Never: a position that the bus keeps for a consumer.
import type { CloudEvent, EventType, Service } from '@drover/contracts';
import type { Instant } from '@drover/kernel';
import type { ConsumerPark } from '../flow/dead-letters.js';
import type { ReaderState, ReadSlice, LogSlice } from '../flow/log-reader.js';

/** What a service tells everyone, in the order of its log. Positions are those of its store; events are 0 or 1 per fact. */
export interface PublishedLog {
  readonly service: Service;
  after(position: number, limit: number): Promise<LogSlice<CloudEvent>>;
  /** The last position of the log. */
  end(): Promise<number>;
  /** Calls when the log has grown: with its last position now, and when the first of what is new was recorded. */
  subscribe(grown: (head: number, since: Instant) => void): () => void;
}

/** Reads what a service tells from any place of its log on; at most so many commits. */
export type ReadLog = (service: Service, after: number, limit: number) => Promise<LogSlice<CloudEvent>>;

/** Events of one service on their way to a consumer. `upTo`: everything of the service up to there was delivered, or is not listened to. */
export type Batch = ReadSlice<CloudEvent> & { readonly service: Service };

/** Who listens. Its position is kept with what it writes; it is told an event at least once, in the order of the service's log. */
export interface Consumer {
  readonly name: string;
  readonly listensTo: 'all' | ReadonlySet<EventType>;
  position(service: Service): Promise<number>;
  take(batch: Batch): Promise<void>;
  /**
   * Told where the log of a service ends: once the bus knows, and at once whenever the log has grown, before anything of
   * that is brought. `since`: when the first of what is new was recorded; null when nothing is.
   */
  heads?(service: Service, head: number, since: Instant | null): void;
  /** The same position for whoever only wants to know it, at any process; without it `position` is asked. */
  reached?(service: Service): Promise<number>;
  /**
   * The views that it writes, by the name of their group: one of the processes that have them brings them up to date.
   * Without it whoever reads for the service does.
   */
  readonly views?: string;
  /** Given the logs of all services before anything is brought, for what has to be read again. */
  logs?(read: ReadLog): void;
  /** What it could not take. A consumer without it is brought a batch again until it takes it. */
  readonly parking?: ConsumerPark;
  /** Forgets everything it wrote and where it had got to: it begins at the first fact again. */
  reset?(): Promise<void>;
}

/** A consumer that is brought what services tell. */
export interface Delivery {
  /** Resolves when it has taken what was told before this was called. */
  caughtUp(): Promise<void>;
  /** The same, but of a log that cannot be read now nothing is waited for: what it tells comes when it comes. */
  caughtUpOrAway(): Promise<void>;
  /** How it does with each of the logs. */
  readers(): Promise<readonly ReaderState[]>;
  /** Brings no more, and waits for what is being taken. */
  stop(): Promise<void>;
}

/** Carries public events from the services that tell them to those who listen. */
export interface EventBus {
  /** Before anybody listens: a service that tells. */
  offer(log: PublishedLog): void;
  /** Begins to bring a consumer what services tell, after its own position. */
  deliver(consumer: Consumer): Delivery;
  /** Tells a consumer where logs end, and brings it nothing: another process does. Returns how to stop. */
  observe(consumer: Consumer): () => void;
  /** Asks whether a consumer, in whichever process it runs, has taken everything that is told when this is called. */
  upToNow(consumer: Consumer): Promise<() => Promise<boolean>>;
}
