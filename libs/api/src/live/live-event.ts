// What the streams know of an event, whatever it is of: its place, its text, and what interests are judged by. Never: a word
// of the gateway, so that the streams can be used without it.

/** A place in what is told: a number that grows, and how clients carry it. */
export interface EventPosition {
  readonly position: number;
  readonly cursor: string;
}

/** An event at its place. `traits`: what whoever judges interests looks at, and what it is found by. */
export interface LiveEvent<Traits> extends EventPosition {
  /** The event as JSON, on one line. Asked for when it is wanted, not before. */
  readonly json: () => string;
  readonly traits: Traits;
}

/** What a reader wants. Readers of one key want the same. */
export interface Subscription<Traits> {
  readonly key: string;
  /** Nothing without one of these topics is wanted; one that ends in `*` stands for all that begin like it. */
  readonly topics: readonly string[];
  /** The name under which something is wanted; null when it is not. */
  nameFor(traits: Traits): string | null;
}
