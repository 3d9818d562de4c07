// The port to working rows, which have a kind and a key; what they mean is for whoever writes them. Never: a row that events
// say already, which belongs in a view.
import type { Json } from '@drover/kernel';

/** One working row. */
export interface WorkRow {
  readonly key: string;
  readonly row: Json;
}

/** A row as it is to be; null removes it. */
export interface WorkWrite {
  readonly kind: string;
  readonly key: string;
  readonly row: Json | null;
}

/** Some rows: from a key on, that one included, at most so many. */
export interface WorkPart {
  readonly from?: string;
  readonly limit?: number;
}

/**
 * The working rows of a service: what no fact says and what must not be lost, such as events that could not be taken. They
 * are not views: nothing can build them again.
 */
export interface WorkStore {
  /** Rows of a kind, in the order of their keys: all, or some of them. */
  rows(kind: string, part?: WorkPart): Promise<readonly WorkRow[]>;
  /** Writes all rows or none, durably. */
  write(rows: readonly WorkWrite[]): Promise<void>;
  /** Another word once rows were written, of whatever kind and by whichever process; asked for at no cost of the rows. */
  stamp(): Promise<string>;
}
