// The words of parking: what a reader hands in, and what can be asked of what it could not take. Types only;
// `event-parking.ts` makes it. Never: how it is kept, or when it is tried again.
import type { DeadLetter, Service } from '@drover/contracts';
import type { LetterId } from '@drover/kernel';
import type { Clock } from '../clock/clock.js';
import type { Move } from '../view-store/view-store.js';
import type { WorkStore } from '../work-store/work-store.js';
import type { ReadSlice } from './log-reader.js';
import type { ParkedRow } from './parked-rows.js';
import type { InTurn } from './turns.js';

/** What parking takes. */
export interface ParkingPorts {
  readonly work: WorkStore;
  readonly clock: Clock;
  readonly report: (where: string, error: unknown) => void;
}

/** A reader whose events can be parked. */
export interface ParkingOptions<Entry> extends ParkingPorts {
  readonly service: Service;
  readonly reader: string;
  /** The name of the group that it writes: what views of one shape cannot take is no matter of another's. */
  readonly views?: string;
  /** Whether its views have taken anything; those that begin anew take over nothing that an older release has parked. */
  readonly hasBegun?: () => Promise<boolean>;
  readonly keyOf: (entry: Entry) => string;
  readonly idOf: (entry: Entry) => string;
  /**
   * Takes entries of a source, and moves its position; `move` null: it stays where it is. A repeat must change nothing.
   * What it throws of one entry alone, time after time, is that entry's fault.
   */
  readonly fold: (source: string, entries: readonly Entry[], move: Move | null) => Promise<void>;
  /** One thing at a time: the reader's own, so that retries and what it reads are taken one after the other. */
  readonly turn: InTurn;
}

/** Reads a commit again that could not be parsed. */
export type ReadAgain<Entry> = (source: string, position: number) => Promise<readonly Entry[]>;

/**
 * What came of a replay. `gone`: the letter's event is not what its key waits for. `failed`: it still cannot be taken.
 * `held`: it was taken, and one that waited behind it cannot be.
 */
export type Replayed =
  | { readonly is: 'taken' | 'gone' }
  | { readonly is: 'failed' | 'held'; readonly why: string }
  /** Another process takes what is parked of this reader. */
  | { readonly is: 'elsewhere' };

/** What a reader could not take, by key. Other keys go on. */
export interface Parking<Entry = never> {
  readonly reader: string;
  /** Takes a slice. To be called within the reader's turn. */
  take(slice: ReadSlice<Entry> & { readonly source: string }): Promise<void>;
  /** Parks a commit that could not be parsed when it came, unless it is parked. To be called within the reader's turn. */
  hold(row: ParkedRow): Promise<void>;
  /** Takes what is parked of a key, in order, as far as that goes. To be called within the reader's turn. */
  retake(key: string): Promise<unknown>;
  /** The event that a parked key waits for; null of a key that is not parked. Known once `load` has resolved. */
  head(key: string): ParkedRow | null;
  /** How many keys are parked. */
  size(): number;
  /** A word for what is parked: another one whenever something else is, and the same at every process. */
  mark(): string;
  load(): Promise<void>;
  /** Reads it again where anybody has written to the store since. */
  follow(): Promise<void>;
  /** How a commit is read again, for a replay. */
  readAgain(read: ReadAgain<Entry>): void;
  /** Whether this process takes what is parked: where another one does, it is only shown. Without it this one does. */
  fence(isMine: () => boolean): void;
  /** The parked keys that are not tried again by themselves, or wait for a stream that takes nothing. */
  letters(): Promise<readonly DeadLetter[]>;
  /** Takes the event of a letter and what waits behind it, in order. */
  replay(id: LetterId): Promise<Replayed>;
  /** Gives up the event of a letter, then takes what waits behind it; false when there is no such letter any more. */
  discard(id: LetterId): Promise<boolean | 'elsewhere'>;
  /** Of a reader that begins a source anew, or all: it judges anew. To be called within the reader's turn. */
  forget(source?: string): Promise<void>;
  /** Another process may write what is parked from now on: it is read again before it is used. */
  leave(): void;
  stop(): void;
}
