// The port to the queue that wakes policies: a key is worked on by one worker at a time, and again where that one threw.
// Never: data in a nudge, or a deed that needs it to arrive; a reconciler wakes what was forgotten.
/** A key whose worker threw the last time. */
export interface JobFailure {
  readonly job: string;
  readonly key: string;
  /** How often in a row. */
  readonly failures: number;
  readonly error: string;
}

/**
 * Nudges that carry a key and nothing else, held until someone works on them. A nudge may be lost with the process or be
 * delivered twice: the worker reads the state, and a reconciler nudges again what is unfinished.
 */
export interface JobQueue {
  /** Asks for a look at `key`, now or after a delay. Nudges of one key that wait are one; the earliest moment counts. */
  nudge(job: string, key: string, delayMs?: number): void;
  /**
   * Takes the nudges of a job. One key is never worked on twice at once: a nudge that comes meanwhile is worked on after.
   * A handler that throws is called again, later and later.
   */
  work(job: string, handler: (key: string, signal: AbortSignal) => Promise<void>, concurrency?: number): void;
  /** The keys that are to be tried again because their worker threw. */
  failing(): readonly JobFailure[];
  /** Takes no more, aborts the signals of what runs, and waits for its end. */
  stop(): Promise<void>;
}
