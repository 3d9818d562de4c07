// Which references a machine was met under, to save questions. Never: an answer by it; a reference may be another machine's
// by now.
import type { Ref } from '../soap/xml.vsphere.js';

/** By which references each of a connection's machines was met, and what stood above what. */
export interface MachineCache {
  /** A reference said which machine it is, or the provider did: it is no other's any more. */
  learn(instanceUuid: string, id: string): void;
  /** The references that were met with this UUID. They may have become others since: whoever uses them looks. */
  idsOf(instanceUuid: string): readonly string[];
  /** No reference of this machine is known any more. */
  forget(instanceUuid: string): void;
  /** There is nothing under a reference any more. */
  drop(id: string): void;
  /** Forgets all but these references: those who left while nobody watched. */
  keepOnly(present: ReadonlySet<string>): void;
  /** What each place was in when it was read last: what to ask about together, never an answer. */
  readonly parents: Map<string, Ref>;
}

/** An empty cache. Nothing in it is a fact: it only saves questions, and grows no larger than the fleet. */
export const machineCache = (): MachineCache => {
  const ids = new Map<string, Set<string>>();
  const uuids = new Map<string, string>();
  const drop = (id: string) => {
    const uuid = uuids.get(id);
    if (uuid === undefined) return;
    uuids.delete(id);
    const others = ids.get(uuid);
    others?.delete(id);
    if (others?.size === 0) ids.delete(uuid);
  };
  const idsOf = (instanceUuid: string) => [...(ids.get(instanceUuid.toLowerCase()) ?? [])];
  return {
    learn: (instanceUuid, id) => {
      const uuid = instanceUuid.toLowerCase();
      if (uuids.get(id) === uuid) return;
      drop(id);
      uuids.set(id, uuid);
      ids.set(uuid, (ids.get(uuid) ?? new Set()).add(id));
    },
    idsOf,
    forget: (instanceUuid) => idsOf(instanceUuid).forEach(drop),
    drop,
    keepOnly: (present) => {
      for (const id of uuids.keys()) if (!present.has(id)) drop(id);
    },
    parents: new Map(),
  };
};
