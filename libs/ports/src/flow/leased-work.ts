// What of all processes that share a lease one does. When the lease is lost the work ends; when it comes the work begins from
// what is stored. Never: work that begins before the lease is had, or a lease that is kept once its work has ended.
import { sleep, type Clock } from '../clock/clock.js';
import type { Leases } from '../lease/lease.js';

/** Something that one process does, and what the others do meanwhile. */
interface Leased {
  /** The name of its lease. */
  readonly lease: string;
  /** For reports. */
  readonly what: string;
  /** Begins it. Where that fails it is tried again. `anew`: to be called where it must end and begin once more. */
  begin(isHeld: () => boolean, anew: () => void): Promise<void>;
  end(): Promise<void>;
  /** Twice a second while another process does it, or none. */
  meanwhile?(): Promise<void>;
  /** Asked twice a second until it is done here: whether this process may do it by now. Without it, it may. */
  may?(): Promise<boolean>;
}

/** The work, wherever it is done. */
export interface LeasedWork {
  /**
   * Resolves when it was seen once whether this process may do it, and what is being begun here has begun, or has failed,
   * which is told and tried again.
   */
  begun(): Promise<void>;
  stop(): Promise<void>;
}

/** With which leases it is done. */
interface LeasedWorkPorts {
  readonly leases: Leases;
  readonly clock: Clock;
  readonly report: (where: string, error: unknown) => void;
}

/** How long after a failed beginning the next one is tried. */
const AGAIN_MS = 3_000;
/** How often is followed what another process does. */
const FOLLOW_MS = 500;

/** Begins to ask for the lease, and works while it is held. */
export const leasedWork = (work: Leased, { leases, clock, report }: LeasedWorkPorts): LeasedWork => {
  const { what, lease: name, begin, end, meanwhile, may } = work;
  const stopping = new AbortController();
  let isHere = false;
  let beginning: Promise<void> = Promise.resolve();
  let following: Promise<void> | null = null;
  const pause = (ms: number) => sleep(clock, ms, stopping.signal).catch(() => undefined);

  const follow = async () => {
    while (!stopping.signal.aborted && !isHere) {
      await meanwhile?.().catch((error: unknown) => report(`following ${what}`, error));
      await pause(FOLLOW_MS);
    }
  };
  const untilOver = (signal: AbortSignal) =>
    new Promise<void>((done) => {
      const over = AbortSignal.any([signal, stopping.signal]);
      if (over.aborted) return done();
      over.addEventListener('abort', () => done(), { once: true });
    });
  let askedAt = -Infinity;
  /** The lease, where it is free and this process may have it. */
  const taken = async () => {
    if (!may) return leases.take(name);
    if (!(await may()) || clock.monotonic() - askedAt < leases.askAgainMs) return null;
    askedAt = clock.monotonic();
    return leases.take(name);
  };
  let looked = () => {};
  const firstLook = new Promise<void>((done) => (looked = done));
  const look = async () => {
    while (!stopping.signal.aborted) {
      const lease = await taken().catch((error: unknown) => report(`lease of ${what}`, error));
      if (!lease) {
        looked();
        if (meanwhile) following ??= follow().finally(() => (following = null));
        await pause(may ? FOLLOW_MS : leases.askAgainMs);
        continue;
      }
      let failed = false;
      const again = new AbortController();
      try {
        beginning = begin(lease.isHeld, () => again.abort());
        await beginning;
        isHere = true;
        looked();
        await untilOver(AbortSignal.any([lease.signal, again.signal]));
      } catch (error) {
        failed = true;
        report(what, error);
        looked();
      }
      isHere = false;
      await end().catch((error: unknown) => report(`end of ${what}`, error));
      await lease.release().catch((error: unknown) => report(`lease of ${what}`, error));
      if (failed || again.signal.aborted) await pause(AGAIN_MS); // after the lease is free: another process may do better
    }
    looked();
  };
  const looking = look();

  return {
    begun: async () => {
      await firstLook;
      await beginning.catch(() => undefined);
    },
    stop: async () => {
      stopping.abort();
      await Promise.allSettled([looking, beginning, following]);
    },
  };
};
