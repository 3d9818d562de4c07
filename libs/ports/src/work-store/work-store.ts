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

/**
 * The working rows of a service: what no fact says and what must not be lost, such as events that could not be taken. They
 * are not views: nothing can build them again.
 */
export interface WorkStore {
  /** All rows of a kind, in the order of their keys. */
  rows(kind: string): Promise<readonly WorkRow[]>;
  /** Writes all rows or none, durably. */
  write(rows: readonly WorkWrite[]): Promise<void>;
}
