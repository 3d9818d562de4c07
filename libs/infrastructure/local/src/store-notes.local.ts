// What `format.json` says of the stores: which ones belong to the directory, how often a loss of each was accepted, and how
// far each had got when the process last started or ended. It lies beside the services' folders, so a folder that was put
// back from yesterday is found out by it. Never: a file that is written in place, or without the members that others keep in
// it.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { StoreId } from '@drover/kernel';
import * as z from 'zod';
import { writeWhole } from './whole-file.local.js';

const Notes = z.looseObject({
  storeIds: z.record(z.string(), StoreId.schema).default({}),
  runs: z.record(z.string(), z.int().nonnegative()).default({}),
  heads: z.record(z.string(), z.int().nonnegative()).default({}),
});

/** A store, and how far it had got. */
export interface StoreNote {
  readonly id: StoreId;
  readonly run: number;
  readonly head: number;
}

/** The notes of one directory. */
export interface StoreNotes {
  /** Null for a store that nobody noted yet. */
  of(service: string): StoreNote | null;
  /** Notes what there is, as a whole, and writes nothing when it is known. */
  write(stores: Readonly<Record<string, StoreNote>>): void;
}

/** The notes in a directory whose format was checked. */
export const storeNotes = (path: string): StoreNotes => {
  const file = join(path, 'format.json');
  const read = () => Notes.parse(existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { format: 1 });
  return {
    of: (service) => {
      const { storeIds, runs, heads } = read();
      const id = storeIds[service];
      return id === undefined ? null : { id, run: runs[service] ?? 0, head: heads[service] ?? 0 };
    },
    write: (stores) => {
      const before = read();
      const part = <Value>(of: (note: StoreNote) => Value) =>
        Object.fromEntries(Object.entries(stores).map(([service, note]) => [service, of(note)]));
      const after = {
        ...before,
        storeIds: { ...before.storeIds, ...part(({ id }) => id) },
        runs: { ...before.runs, ...part(({ run }) => run) },
        heads: { ...before.heads, ...part(({ head }) => head) },
      };
      const text = JSON.stringify(after);
      if (text !== JSON.stringify(before)) writeWhole(file, text);
    },
  };
};
