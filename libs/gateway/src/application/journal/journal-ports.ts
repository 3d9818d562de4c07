// What stands on the way from the bus to journal, views and streams. Types alone. Never: a second way to write journal or
// views; one thing is done at a time.
import type { LoopShare, SessionId } from '@drover/kernel';
import type { Clock, Consumer, Journal, ServiceShift, WorkStore } from '@drover/ports';
import type { Freshness } from '../views/freshness.js';
import type { ParkedViews } from '../views/parked-views.js';
import type { ViewNotifier } from '../views/view-notifier.js';
import type { GatewayViews } from '../views/views.js';
import type { PositionedEvent } from './read-journal.js';

/** The way from the views to the streams of the door, and what the door makes them with. */
export interface LivePublisher {
  readonly clock: Clock;
  readonly report: (where: string, error: unknown) => void;
  /** What an event is found under. */
  readonly topicsOf: (traits: PositionedEvent['traits']) => readonly string[];
  /** What replays may take of the event loop, together with whoever else reads the journal for others. */
  readonly share: LoopShare;
  /** Told of what the views have taken, and ended when they must not go on; null until the door has made them. */
  streams: {
    publish(entries: readonly PositionedEvent[]): void;
    endSession(session: SessionId, reason: string): void;
    drain(reason: string, last: boolean): void;
  } | null;
}

/** What the way from the bus to the readers passes. */
export interface JournalPorts {
  readonly journal: Journal;
  readonly views: GatewayViews;
  readonly notifier: ViewNotifier;
  readonly freshness: Freshness;
  readonly work: WorkStore;
  readonly publisher: LivePublisher;
  /** What the views may take of the event loop, together with the other readers of the process. */
  readonly share: LoopShare;
  /** Ends a catch-up between two pages: views go on from there at the next start. */
  readonly stopping: AbortSignal;
}

/** The gateway's one consumer, and what else may touch journal and views: one thing at a time. */
export interface JournalProjection {
  readonly consumer: Consumer;
  /** What the views could not take. */
  readonly parked: ParkedViews;
  /** How processes share journal and views: one draws a run and writes the journal, and of each shape one its views. */
  readonly shift: ServiceShift;
  /** Forgets entries of the journal, as it does itself. */
  trim: Journal['trim'];
  /** Removes rows that are past their time. */
  prune(view: string, keys: readonly string[]): Promise<void>;
}
