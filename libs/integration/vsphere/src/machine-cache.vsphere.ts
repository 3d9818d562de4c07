import type { Ref } from './xml.vsphere.js';

/** By which reference each of a connection's machines was met, and what stood above what. */
export interface MachineCache {
  /** The provider named the reference of a machine. */
  learn(instanceUuid: string, id: string): void;
  /** The reference of a machine, if it was met. It may have become another's since: whoever uses it looks. */
  idOf(instanceUuid: string): string | undefined;
  forget(instanceUuid: string): void;
  /** Forgets all but these references: those who left while nobody watched. */
  keepOnly(present: ReadonlySet<string>): void;
  /** What each place was in when it was read last: what to ask about together, never an answer. */
  readonly parents: Map<string, Ref>;
}

/** An empty cache. Nothing in it is a fact: it only saves questions, and grows no larger than the fleet. */
export const machineCache = (): MachineCache => {
  const ids = new Map<string, string>();
  return {
    learn: (instanceUuid, id) => void ids.set(instanceUuid.toLowerCase(), id),
    idOf: (instanceUuid) => ids.get(instanceUuid.toLowerCase()),
    forget: (instanceUuid) => void ids.delete(instanceUuid.toLowerCase()),
    keepOnly: (present) => {
      for (const [uuid, id] of ids) if (!present.has(id)) ids.delete(uuid);
    },
    parents: new Map(),
  };
};
