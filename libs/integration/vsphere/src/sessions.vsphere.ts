import type { ConnectionTarget } from '@drover/kernel';
import { herdOf, type Herd } from './herd.vsphere.js';
import { sessionOf, type Session, type VspherePorts } from './session.vsphere.js';

/** What is open for a connection: its session, and what was learned of its machines. */
export interface Open {
  readonly session: Session;
  readonly herd: Herd;
}

/**
 * One session per connection and revision, shared by all ports. Those of older revisions are closed and yet kept: a
 * sign-in that was refused under one is not repeated by an operation that still holds it.
 */
export const sessionsOf = (ports: VspherePorts) => {
  const opened = new Map<string, { readonly target: ConnectionTarget; readonly open: Open }>();
  const ofConnection = (id: string) => [...opened.values()].filter(({ target }) => target.id === id);
  const closeAll = async (these: readonly { readonly open: Open }[]) =>
    void (await Promise.all(these.map(({ open }) => open.session.close())));
  return {
    of: (target: ConnectionTarget): Open => {
      const key = `${target.id}@${target.revision}`;
      const known = opened.get(key);
      if (known) return known.open;
      const older = ofConnection(target.id).filter((each) => each.target.revision < target.revision);
      void closeAll(older).catch(() => {}); // they are out of use, however they end
      const open = { session: sessionOf(target, ports), herd: herdOf() };
      opened.set(key, { target, open });
      return open;
    },
    release: (target: ConnectionTarget) => closeAll(ofConnection(target.id)),
    close: () => closeAll([...opened.values()]),
  };
};
export type Sessions = ReturnType<typeof sessionsOf>;
