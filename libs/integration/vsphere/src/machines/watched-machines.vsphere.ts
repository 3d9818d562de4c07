// What one watch remembers: which reference showed which instance UUID, at which places, and what could not be read. It says
// who is to be read again and who is gone. Never: tell a value from here; only readings are told.
import type { Machine, SkippedMachine } from '@drover/ports';
import type { ReferenceReading } from './read-machines.vsphere.js';

type Seen = Machine | SkippedMachine;

/** What is remembered of a reference: which machine it was, and the places named in it. */
interface Watched {
  readonly instanceUuid: string | null;
  readonly places: ReadonlySet<string>;
}

/**
 * The first of several references that have one UUID keeps it; the others are skipped under that UUID, so that their
 * machine is known to be in doubt. `holders`: which reference has which UUID; it is brought up to date.
 */
export const firstOf = (holders: Map<string, string>, { id, seen }: ReferenceReading): Seen => {
  const { key: instanceUuid } = seen;
  if (instanceUuid === null) return seen;
  const holder = holders.get(instanceUuid) ?? id;
  holders.set(instanceUuid, holder);
  if (holder === id || 'why' in seen) return seen;
  return { ref: id, key: instanceUuid, name: seen.name, why: `its instance UUID is that of ${holder}, too` };
};

/** When a reference that could not be read is read again: soon at first, then less and less often. */
interface Retry {
  readonly dueMs: number;
  readonly pauseMs: number;
}
const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 5 * 60_000;
/** How many are read again at once, and how many at all: further ones wait for the next listing. */
const [MOST_AT_ONCE, MOST_UNREADABLE] = [100, 1_000];

/**
 * Keeps which machines a watch has read under which references, so that it can say who went, and who is to be read
 * again. No value is told from it. `monotonic`: milliseconds that only grow.
 */
export const watchedMachines = (monotonic: () => number) => {
  const known = new Map<string, Watched>();
  const holders = new Map<string, string>();
  const doubles = new Set<string>(); // references that are skipped because another one has their UUID
  const unreadable = new Map<string, Retry>();
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
    take: (reading: ReferenceReading): Seen => {
      const { id, seen, places } = reading;
      const before = known.get(id)?.instanceUuid ?? null;
      if (seen.key !== null && seen.key !== before) giveBack(id);
      const told = firstOf(holders, reading);
      known.set(id, { instanceUuid: seen.key ?? before, places });
      if (seen === told) doubles.delete(id);
      else doubles.add(id);
      if (!('why' in seen)) unreadable.delete(id);
      else if (!unreadable.has(id) && unreadable.size < MOST_UNREADABLE)
        unreadable.set(id, { dueMs: monotonic() + FIRST_PAUSE_MS, pauseMs: FIRST_PAUSE_MS });
      return told;
    },
    /** There is nothing under a reference any more. */
    leave: (id: string) => {
      giveBack(id);
      known.delete(id);
      doubles.delete(id);
      unreadable.delete(id);
    },
    /** The references that there are. */
    present: (): ReadonlySet<string> => new Set(known.keys()),
    /** Whoever has one of these places in what was told. */
    at: (places: ReadonlySet<string>) => idsOf((watched) => [...watched.places].some((place) => places.has(place))),
    /** Those that were skipped because another reference had their UUID, which has it no more. */
    freed: () => [...doubles].filter((id) => !holders.has(known.get(id)?.instanceUuid ?? '')),
    /** Those that could not be read and are to be read again now; each then after twice the pause. */
    due: (): readonly string[] => {
      const now = monotonic();
      const due = [...unreadable].filter(([, { dueMs }]) => dueMs <= now).slice(0, MOST_AT_ONCE);
      for (const [id, { pauseMs }] of due) {
        const pause = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
        unreadable.set(id, { dueMs: now + pause, pauseMs: pause });
      }
      return due.map(([id]) => id);
    },
    /** Milliseconds until the next of them is due; Infinity when there is none. */
    dueIn: (): number =>
      [...unreadable.values()].reduce((next, { dueMs }) => Math.min(next, dueMs), Infinity) - monotonic(),
    /** Who is not there any more under any reference, told once. */
    removed: (): readonly string[] => {
      const gone = [...left].filter((uuid) => !holders.has(uuid));
      left.clear();
      return gone;
    },
  };
};
