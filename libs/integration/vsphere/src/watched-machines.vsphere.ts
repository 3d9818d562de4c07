import type { Machine, SkippedMachine } from '@drover/ports';
import type { Reading } from './read-machines.vsphere.js';

type Seen = Machine | SkippedMachine;

/** What is remembered of a reference: which machine it was, the places named in it, and whether another has its UUID. */
interface Watched {
  readonly instanceUuid: string | null;
  readonly places: ReadonlySet<string>;
  readonly double: boolean;
}

/**
 * The first of several references that have one UUID keeps it; the others are skipped under that UUID, so that their
 * machine is known to be in doubt. `holders`: which reference has which UUID; it is brought up to date.
 */
export const firstOf = (holders: Map<string, string>, { id, seen }: Reading): Seen => {
  const { instanceUuid } = seen;
  if (instanceUuid === null) return seen;
  const holder = holders.get(instanceUuid) ?? id;
  holders.set(instanceUuid, holder);
  if (holder === id || 'why' in seen) return seen;
  return { ref: id, instanceUuid, name: seen.name, why: `its instance UUID is that of ${holder}, too` };
};

/** Keeps which machines a watch has read under which references, so that it can say who went. No value is told from it. */
export const watchedMachines = () => {
  const known = new Map<string, Watched>();
  const holders = new Map<string, string>();
  const left = new Set<string>(); // instance UUIDs, until it is told that they are not there
  const giveBack = (id: string) => {
    const uuid = known.get(id)?.instanceUuid ?? '';
    if (holders.get(uuid) !== id) return;
    holders.delete(uuid);
    left.add(uuid);
  };
  const idsOf = (which: (watched: Watched) => boolean) =>
    [...known].filter(([, watched]) => which(watched)).map(([id]) => id);
  return {
    /** Takes a reading in. Answers what to tell of it. A reference whose UUID cannot be read is whose it was. */
    take: (reading: Reading): Seen => {
      const { id, seen, places } = reading;
      const before = known.get(id)?.instanceUuid ?? null;
      if (seen.instanceUuid !== null && seen.instanceUuid !== before) giveBack(id);
      const told = firstOf(holders, reading);
      known.set(id, { instanceUuid: seen.instanceUuid ?? before, places, double: seen !== told });
      return told;
    },
    /** There is nothing under a reference any more. */
    leave: (id: string) => {
      giveBack(id);
      known.delete(id);
    },
    /** The references that there are. */
    present: (): ReadonlySet<string> => new Set(known.keys()),
    /** Whoever has one of these places in what was told. */
    at: (places: ReadonlySet<string>) => idsOf((watched) => [...watched.places].some((place) => places.has(place))),
    /** Those that were skipped because another reference had their UUID, which has it no more. */
    freed: () => idsOf(({ double, instanceUuid }) => double && !holders.has(instanceUuid ?? '')),
    /** Who is not there any more under any reference, told once. */
    removed: (): readonly string[] => {
      const gone = [...left].filter((uuid) => !holders.has(uuid));
      left.clear();
      return gone;
    },
  };
};
