import type { Machine } from '@drover/ports';

/** What was learned of a connection's machines: by which reference each is called, and what was read of it last. */
export interface Herd {
  remember(id: string, machine: Machine): void;
  /** The provider named the reference of a machine. */
  learn(instanceUuid: string, id: string): void;
  /** The reference of a machine, if it was met. It may have become another's since: whoever uses it looks. */
  idOf(instanceUuid: string): string | undefined;
  /** What was read last under a reference: for a machine whose configuration cannot be read just now. */
  last(id: string): Machine | undefined;
  forget(instanceUuid: string): void;
}

/** An empty memory. Nothing in it is a fact: it only saves questions. */
export const herdOf = (): Herd => {
  const machines = new Map<string, Machine>();
  const ids = new Map<string, string>();
  return {
    remember: (id, machine) => {
      machines.set(id, machine);
      ids.set(machine.instanceUuid, id);
    },
    learn: (instanceUuid, id) => void ids.set(instanceUuid.toLowerCase(), id),
    idOf: (instanceUuid) => ids.get(instanceUuid.toLowerCase()),
    last: (id) => machines.get(id),
    forget: (instanceUuid) => {
      const uuid = instanceUuid.toLowerCase();
      machines.delete(ids.get(uuid) ?? '');
      ids.delete(uuid);
    },
  };
};
