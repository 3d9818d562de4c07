// Policies on a connection run where its session is: in the process with the lease of that connection. Never: a session, or
// what is remembered of its machines, without the lease.
import type { ConnectionId, Policy } from '@drover/kernel';
import type { JobQueue, Leases } from '@drover/ports';

/** The policy that keeps the sessions. */
export const CONNECTION_WATCH = 'connection-watch';

/** Whoever holds it has the session of the connection, and what is remembered of its machines. */
export const connectionLease = (id: ConnectionId | string) => `connection-${id}`;

/** What it takes to work where a session is. */
export interface HolderPorts {
  readonly leases: Leases;
  readonly jobs: Pick<JobQueue, 'nudge'>;
}

/**
 * A policy that works on connections, only where their sessions are. What is asked of one that another process has, that
 * one does: it hears of requests from the store, and the reconciler asks for the rest. One that nobody has is taken.
 */
export const whereHeld = (policy: Policy, { leases, jobs }: HolderPorts): Policy => ({
  ...policy,
  advance: async (key, signal) => {
    const name = connectionLease(key);
    if (!leases.holds(name)) {
      if (!(await leases.take(name))) return;
      jobs.nudge(CONNECTION_WATCH, key);
    }
    await policy.advance(key, signal);
  },
});
