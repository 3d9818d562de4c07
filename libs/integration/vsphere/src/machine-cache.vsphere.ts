import type { Machine } from '@drover/ports';

/** What was learned of a connection's machines: by which reference each is called, and what was read of it last. */
export interface MachineCache {
  remember(id: string, machine: Machine): void;
  /** The provider named the reference of a machine. */
  learn(instanceUuid: string, id: string): void;
  /** The reference of a machine, if it was met. It may have become another's since: whoever uses it looks. */
  idOf(instanceUuid: string): string | undefined;
  /** What was read last under a reference: for a machine whose configuration cannot be read just now. */
  last(id: string): Machine | undefined;
  forget(instanceUuid: string): void;
  /** Forgets all but these references: those who left while nobody watched. */
  keepOnly(present: ReadonlySet<string>): void;
}

/**
 * An empty cache. Nothing in it is a fact: it only saves questions. It holds one machine to an instance uuid, whatever
 * references that one has had, so it grows no larger than the fleet as long as those who left are forgotten.
 */
export const machineCache = (): MachineCache => {
  const machines = new Map<string, Machine>();
  const ids = new Map<string, string>();
  const dropMachine = (uuid: string) => {
    const id = ids.get(uuid);
    if (id !== undefined && machines.get(id)?.instanceUuid === uuid) machines.delete(id); // else it is another's by now
  };
  const learn = (instanceUuid: string, id: string) => {
    const uuid = instanceUuid.toLowerCase();
    if (ids.get(uuid) !== id) dropMachine(uuid);
    ids.set(uuid, id);
  };
  const forget = (instanceUuid: string) => {
    const uuid = instanceUuid.toLowerCase();
    dropMachine(uuid);
    ids.delete(uuid);
  };
  return {
    remember: (id, machine) => {
      learn(machine.instanceUuid, id);
      machines.set(id, machine);
    },
    learn,
    idOf: (instanceUuid) => ids.get(instanceUuid.toLowerCase()),
    last: (id) => machines.get(id),
    forget,
    keepOnly: (present) => {
      for (const [uuid, id] of ids) if (!present.has(id)) forget(uuid);
    },
  };
};
