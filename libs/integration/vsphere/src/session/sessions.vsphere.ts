// The sessions of a process, one for each connection and revision, shared by all ports. Never: a sign-in repeated that was
// refused under the same revision.
import type { ConnectionTarget } from '@drover/kernel';
import type { ProviderPorts } from '@drover/ports';
import { machineCache, type MachineCache } from '../machines/machine-cache.vsphere.js';
import { sessionOf, type OpenSession, type ProviderSession } from './session.vsphere.js';

/** What is open for a connection: its session, and what was learned of its machines. */
export interface OpenConnection {
  readonly session: ProviderSession;
  readonly cache: MachineCache;
}

/** Finds what is open for a connection, or opens it. */
export interface OpenConnections {
  of(target: ConnectionTarget): OpenConnection;
}

type Opened = OpenConnection & { readonly target: ConnectionTarget; readonly session: OpenSession };

/**
 * One session per connection and revision, shared by all ports. Whoever opens a newer revision closes the older ones;
 * whoever releases an old one leaves the newer alone. What is closed is kept, though without its machines: a sign-in
 * that was refused under it is not repeated by an operation that still holds it.
 */
export const sessionsOf = (ports: ProviderPorts) => {
  const opened = new Map<string, Opened>();
  const keyOf = ({ id, revision }: ConnectionTarget) => `${id}@${revision}`;
  const upTo = (newest: ConnectionTarget) =>
    [...opened.values()].filter(({ target: { id, revision } }) => id === newest.id && revision <= newest.revision);
  const close = async (these: readonly Opened[]) => {
    for (const { target, session } of these) opened.set(keyOf(target), { target, session, cache: machineCache() });
    await Promise.all(these.map(({ session }) => session.close()));
  };
  return {
    of: (target: ConnectionTarget): Opened => {
      const known = opened.get(keyOf(target));
      if (known) return known;
      void close(upTo(target)).catch(() => {}); // they are out of use, however they end
      const open = { target, session: sessionOf(target, ports), cache: machineCache() };
      opened.set(keyOf(target), open);
      return open;
    },
    release: (target: ConnectionTarget) => close(upTo(target)),
    close: () => close([...opened.values()]),
  };
};
/** The sessions of a process, by connection and revision. */
export type Sessions = ReturnType<typeof sessionsOf>;
