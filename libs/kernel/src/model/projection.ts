// The shape of all views: a pure function from a row and an event to the next row. Never: a clock or another view in
// `evolve`, or a change of it without another revision.
import type { Json } from './event.js';

/** What an index can hold. */
export type Scalar = string | number | boolean;

/**
 * A view grown from facts or events, one row for each key; pure, so it can be rebuilt at any time from the first fact.
 * A repeat of an event must leave the row as it is.
 */
export interface Projection<Event extends { readonly type: string }, Row extends Json = Json> {
  /** The view's name; one projection writes it. */
  readonly view: string;
  /** Increase it when `evolve` or `index` changes meaning: the next start builds the views of its group anew, beside the older ones. */
  readonly revision: number;
  readonly listensTo: readonly Event['type'][];
  /** The row that an event changes; null when it changes none. */
  key(event: Event): string | null;
  /** The row after the event; null removes it. */
  evolve(row: Row | null, event: Event): Row | null;
  /** What rows are looked up and sorted by. A list makes the row findable under each of its values. */
  readonly index: Readonly<Record<string, (row: Row) => Scalar | readonly Scalar[] | null>>;
}
