// The port to leases, by which one of several processes acts. A `LeaseStore` keeps the rows, `Leases` takes them, renews its
// own and watches those of others. Never: two clocks compared, or an effect whose last line did not ask `isHeld`.
import type { ProcessRunId } from '@drover/kernel';
/**
 * The row of a lease. Nobody's clock is in it: that its holder is alive is seen by `beat`, which grows with each change and
 * never goes back, over releases either.
 */
export interface LeaseRow {
  /** Null once it was released. */
  readonly holder: ProcessRunId | null;
  readonly beat: number;
}

/** Keeps one row per lease, changed by compare and set alone. A service has one, which all its processes share. */
export interface LeaseStore {
  /** Null of a lease that nobody ever took. */
  read(name: string): Promise<LeaseRow | null>;
  /**
   * Writes `next` where the row is still `expected`. Resolves with false, and changes nothing, where it is another one by
   * now. Of several that expect the same row one writes.
   */
  replace(name: string, expected: LeaseRow | null, next: LeaseRow): Promise<boolean>;
}

/** A lease that this process holds. */
export interface Lease {
  readonly name: string;
  readonly holder: ProcessRunId;
  /**
   * Whether its holder may still act: asked in the last synchronous line before an effect. Read from the monotonic clock,
   * so a process that slept past its lease is told, whatever has not run yet.
   */
  isHeld(): boolean;
  /** Aborted when it is over: lost, not renewed in time, or released. */
  readonly signal: AbortSignal;
  /** Frees it at once: the next one need not wait. */
  release(): Promise<void>;
}

/** Takes and watches leases. One per process and service. */
export interface Leases {
  /**
   * Takes a lease that is free, was released, or whose holder was silent for a whole TTL, as seen by this process since it
   * asked first; so who wants one asks again and again. Null while another holds it. It is renewed until it is released.
   */
  take(name: string): Promise<Lease | null>;
  /**
   * Whether whoever is named holds the lease and is alive. Of a holder that this process has just begun to watch it is
   * true; false once it was silent for a whole TTL since.
   */
  isAlive(name: string, holder: ProcessRunId): Promise<boolean>;
  /** Whether this process holds it now, and may act. */
  holds(name: string): boolean;
  /** How often a lease is asked for, and a holder looked at, by who waits for it. */
  readonly askAgainMs: number;
  /**
   * The same leases, of which a holder may be silent for another time. All who take or watch a lease say the same time for
   * its name.
   */
  withTtl(ttlMs: number): Leases;
  /** Releases all, whatever their time. */
  close(): Promise<void>;
}
