// The leases of one process. Never: for several; each would have rows of its own.
import type { LeaseRow, LeaseStore } from './lease.js';

const same = (one: LeaseRow | null, other: LeaseRow | null) =>
  one?.holder === other?.holder && one?.beat === other?.beat;

/** The reference adapter, and embedded mode's own: what it knows ends with the process, and so does who held it. */
export const memoryLeaseStore = (): LeaseStore => {
  const rows = new Map<string, LeaseRow>();
  return {
    read: async (name) => rows.get(name) ?? null,
    replace: async (name, expected, next) => {
      if (!same(rows.get(name) ?? null, expected)) return false;
      rows.set(name, { ...next });
      return true;
    },
  };
};
