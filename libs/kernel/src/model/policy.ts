// The shape of all that acts by itself. A key wakes it; the rest it reads. Never: something in memory that its next turn
// must find to do right.
/**
 * Looks at a state and does the next step: what is left to do? It is told a key and nothing else, so a nudge that is lost
 * costs time, never truth. Running it twice is harmless.
 */
export interface Policy {
  /** The job's name in the queue, and the actor's in the facts (`policy:<name>`). */
  readonly name: string;
  /** One look, at most one step. Throws when the house, not the world, failed: the queue tries again. */
  advance(key: string, signal: AbortSignal): Promise<void>;
  /** The keys that have something left to do: what a reconciler nudges at boot and every ten seconds. */
  unfinished(): Promise<readonly string[]>;
}
