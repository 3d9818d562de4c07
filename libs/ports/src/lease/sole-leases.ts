// Leases where one process has the data to itself, which the lock on its directory sees to. Never: for several processes on
// one directory; each would hold every lease.
import type { ProcessRunId } from '@drover/kernel';
import type { Lease, Leases } from './lease.js';

/**
 * Leases of a process that shares its data with nobody, which the lock on the data directory sees to: every lease is free,
 * is held until it is released, and whoever held one before is dead.
 */
export const soleLeases = (holder: ProcessRunId): Leases => {
  const held = new Map<string, { readonly lease: Lease; readonly end: () => void }>();
  const hold = (name: string) => {
    const over = new AbortController();
    const end = () => {
      held.delete(name);
      over.abort(new Error(`the lease ${name} was released`));
    };
    const { signal } = over;
    const lease: Lease = { name, holder, signal, isHeld: () => !signal.aborted, release: async () => end() };
    held.set(name, { lease, end });
    return lease;
  };
  const leases: Leases = {
    take: async (name) => held.get(name)?.lease ?? hold(name),
    isAlive: async (name, who) => who === holder && held.has(name),
    holds: (name) => held.has(name),
    askAgainMs: 3_000,
    withTtl: () => leases,
    close: async () => [...held.values()].forEach(({ end }) => end()),
  };
  return leases;
};
