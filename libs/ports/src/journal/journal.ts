// The journal: every public event once, in one order, under dense places. A cursor that a client holds names such a place.
// Never: a place given to another event, also once the one that had it is trimmed; a write by who was followed by another
// writer.
import type { CloudEvent, Service } from '@drover/contracts';
import { EventMark, type Instant } from '@drover/kernel';
import type { JournalChoice, Routing } from './routing.js';

/** One public event and its place. Places are dense and only ever grow within a generation. */
export interface JournalEntry {
  readonly position: number;
  readonly event: CloudEvent;
}

/** An event as it is kept: what it is chosen by, and its JSON, which nobody has parsed. */
export interface KeptEvent {
  readonly position: number;
  readonly routing: Routing;
  readonly json: string;
}

/** From one writer of the journal to the next: since which place it goes on. */
export interface JournalRun {
  readonly name: string;
  readonly since: number;
}

/** The last place, the first one that is still kept, and which incarnation of the journal they belong to. */
export interface JournalState {
  readonly generation: string;
  /**
   * All runs of which a place is kept, oldest first; none before the first writer. A writer of an older copy that is put
   * back begins a run of a name that the lost one never had, so a place that only that one had is known to be foreign.
   */
  readonly runs: readonly JournalRun[];
  readonly head: number;
  /** A cursor at this place or later can be resumed. */
  readonly floor: number;
  /** Up to this place nobody remembers what was trimmed: an older release trimmed it, or took it. 0 where all is remembered. */
  readonly unremembered: number;
}

/** A trimmed entry: its place, whose it was, and the last eight bytes of its event's id, in hex. */
export interface TrimmedEntry {
  readonly position: number;
  readonly service: Service;
  readonly mark: EventMark;
}

/** Some trimmed entries that stood one behind the other, and where in the logs of their services their events are. */
export interface TrimmedSlice {
  /** The place of the last one. */
  readonly upTo: number;
  readonly logs: readonly ({ readonly service: Service } & LogRange)[];
  readonly entries: readonly TrimmedEntry[];
}

/** A part of a log: after one position, up to and with another. */
export interface LogRange {
  readonly from: number;
  readonly upTo: number;
}

/** Some events of a service, and in which part of its log they stand. */
export interface LoggedEvents extends LogRange {
  readonly service: Service;
  readonly events: readonly CloudEvent[];
}

/** By what an event is known once the journal has trimmed it. */
export const markOf = ({ id }: Pick<CloudEvent, 'id'>) => EventMark.of(id);

/**
 * All public events of all services in one order: what streams resume from and views are built from. One writer at a time,
 * whoever holds its lease; everybody reads.
 */
export interface Journal {
  state(): Promise<JournalState>;
  /** How far the journal has taken the log of a service. */
  checkpoint(service: Service): Promise<number>;
  /** Draws a run, under which this handle writes. Whoever takes the writer's lease does so before anything is written. */
  begin(): Promise<JournalRun>;
  /**
   * Takes what it never had, known by (source, id), and the checkpoint with it, durably; answers with what was new. What it
   * has trimmed since is not new, but for what nobody remembers. `upTo` never goes back. `from`: after which position the
   * events stand in the log; without it after the checkpoint. Throws JournalMoved, and takes nothing, once another writer
   * has begun.
   */
  append(batch: {
    readonly service: Service;
    readonly events: readonly CloudEvent[];
    readonly upTo: number;
    readonly from?: number;
  }): Promise<readonly JournalEntry[]>;
  /** The places that it gave to events, also to those that it has trimmed since; null for one that it never took. */
  places(logged: LoggedEvents): Promise<readonly (number | null)[]>;
  /** Entries after a position, in order. */
  read(after: number, limit: number): Promise<readonly JournalEntry[]>;
  /**
   * What a choice takes of the entries after one position, up to and with another, in order; nothing else is parsed.
   * Null where some of them are no longer kept.
   */
  select(after: number, upTo: number, choice: JournalChoice): Promise<readonly KeptEvent[] | null>;
  /**
   * Forgets the events that are older than an instant, but keeps the last `keep` entries whatever their age. It remembers
   * where they came from, so that views of another shape can be built from the logs of the services, under the same places.
   */
  trim(olderThan: Instant, keep: number): Promise<void>;
  /** What it remembers of trimmed entries after a position, a slice at a time; null where nothing is remembered. */
  trimmed(after: number): Promise<TrimmedSlice | null>;
  /**
   * Begins anew: no entries, no checkpoints, another generation and run, so that every older cursor is known to be foreign.
   * Throws JournalMoved, and changes nothing, for who has not begun or was followed by another writer.
   */
  restart(): Promise<void>;
  /**
   * Tells of entries once they are durable, in order: of its own at once, of what another process writes within a second.
   * Returns how to stop. A listener must not throw.
   */
  subscribe(listener: (entries: readonly JournalEntry[]) => void): () => void;
}

/** Another writer has begun since this one did: what it holds of the journal is out of date. */
export class JournalMoved extends Error {
  override readonly name = 'JournalMoved';
}
