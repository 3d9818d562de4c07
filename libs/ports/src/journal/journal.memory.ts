import type { CloudEvent, Service } from '@drover/contracts';
import { JournalMoved, type Journal, type JournalEntry, type JournalRun } from './journal.js';
import { chooses, routingOf } from './routing.js';

/** What all handles of one journal share. */
const disk = () => ({
  number: 1,
  head: 0,
  floor: 0,
  begun: 0,
  runs: [] as readonly JournalRun[],
  entries: [] as JournalEntry[],
  known: new Set<string>(),
  checkpoints: new Map<Service, number>(),
  listeners: new Set<(entries: readonly JournalEntry[]) => void>(),
});

/** A journal in memory. `handle`: the same one, as another process has it. */
export interface MemoryJournal extends Journal {
  handle(): MemoryJournal;
}

/** The reference adapter. Generations count up from `k1`, runs from `r1`. `shared`: the disk of another handle. */
export const memoryJournal = (shared = disk()): MemoryJournal => {
  let mine: string | null = null;
  const keyOf = ({ source, id }: CloudEvent) => `${source} ${id}`;
  const begin = () => {
    const run = { name: `r${++shared.begun}`, since: shared.head };
    shared.runs = [...shared.runs, run];
    mine = run.name;
    return run;
  };
  return {
    handle: () => memoryJournal(shared),
    state: async () => {
      const { number, runs, head, floor } = shared;
      return { generation: `k${number}`, runs, head, floor };
    },
    checkpoint: async (service) => shared.checkpoints.get(service) ?? 0,
    begin: async () => begin(),
    append: async ({ service, events, upTo }) => {
      if (mine === null || shared.runs.at(-1)?.name !== mine) throw new JournalMoved('another writer has begun');
      const fresh: JournalEntry[] = [];
      for (const event of events) {
        if (shared.known.has(keyOf(event))) continue;
        shared.known.add(keyOf(event));
        fresh.push({ position: ++shared.head, event: structuredClone(event) });
      }
      shared.entries.push(...fresh);
      shared.checkpoints.set(service, Math.max(upTo, shared.checkpoints.get(service) ?? 0));
      if (fresh.length > 0) for (const listener of shared.listeners) listener(fresh);
      return fresh;
    },
    read: async (after, limit) => {
      const first = shared.entries[0]?.position ?? 0;
      const skip = Math.max(0, after + 1 - first);
      return shared.entries.slice(skip, skip + limit);
    },
    select: async (after, upTo, choice) => {
      if (after < shared.floor) return null;
      return shared.entries.flatMap(({ position, event }) => {
        const routing = routingOf(event);
        const taken = position > after && position <= upTo && chooses(choice, routing);
        return taken ? [{ position, routing, json: JSON.stringify(event) }] : [];
      });
    },
    trim: async (olderThan, keep) => {
      const { entries, head } = shared;
      const old = entries.findIndex(({ event, position }) => event.time >= olderThan || position > head - keep);
      const gone = old === -1 ? entries.length : old;
      shared.floor = entries[gone - 1]?.position ?? shared.floor;
      shared.entries = entries.slice(gone);
    },
    restart: async () => {
      Object.assign(shared, { number: shared.number + 1, head: 0, floor: 0, entries: [], runs: [] });
      shared.known.clear();
      shared.checkpoints.clear();
      begin();
    },
    subscribe: (listener) => {
      shared.listeners.add(listener);
      return () => void shared.listeners.delete(listener);
    },
  };
};
