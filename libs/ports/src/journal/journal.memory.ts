// The journal in memory: what the laws are tried on first. Handles of one journal stand for processes, and `older` for a
// release that remembered nothing. Never: for a process with a long life; it keeps every event's place for ever.
import type { CloudEvent, Service } from '@drover/contracts';
import {
  JournalMoved,
  markOf,
  type Journal,
  type JournalEntry,
  type JournalRun,
  type LogRange,
  type TrimmedEntry,
} from './journal.js';
import { chooses, routingOf } from './routing.js';

/** Entries that came together, up to a place: from where in the log of a service. */
interface Origin extends LogRange {
  readonly last: number;
  readonly service: Service;
}

/** So many trimmed entries are a slice. */
const SLICE = 500;

/** What all handles of one journal share. */
const disk = () => ({
  number: 1,
  head: 0,
  floor: 0,
  unremembered: 0,
  begun: 0,
  runs: [] as readonly JournalRun[],
  entries: [] as JournalEntry[],
  origins: [] as Origin[],
  trimmed: [] as TrimmedEntry[],
  /** The place of each event that was ever taken: a trim forgets none. */
  known: new Map<string, number>(),
  checkpoints: new Map<Service, number>(),
  listeners: new Set<(entries: readonly JournalEntry[]) => void>(),
});

/**
 * A journal in memory. `handle`: the same one, as another process has it. `older`: the same, after an older release wrote
 * all that there is, which remembered nothing.
 */
export interface MemoryJournal extends Journal {
  handle(): MemoryJournal;
  older(): MemoryJournal;
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
  const isWriter = () => mine !== null && shared.runs.at(-1)?.name === mine;
  const originOf = (position: number) => shared.origins.find(({ last }) => last >= position);
  /** What of the logs some entries are from: of each service all that lies between. */
  const logsOf = (entries: readonly TrimmedEntry[]) => {
    const logs = new Map<Service, LogRange>();
    for (const { position, service } of entries) {
      const { from, upTo } = originOf(position) ?? { from: 0, upTo: 0 };
      const known = logs.get(service) ?? { from, upTo };
      logs.set(service, { from: Math.min(from, known.from), upTo: Math.max(upTo, known.upTo) });
    }
    return [...logs].map(([service, range]) => ({ service, ...range }));
  };
  return {
    handle: () => memoryJournal(shared),
    older: () => {
      shared.unremembered = shared.head;
      return memoryJournal(shared);
    },
    state: async () => {
      const { number, runs, head, floor, unremembered } = shared;
      return { generation: `k${number}`, runs, head, floor, unremembered };
    },
    checkpoint: async (service) => shared.checkpoints.get(service) ?? 0,
    begin: async () => begin(),
    append: async ({ service, events, upTo, from = shared.checkpoints.get(service) ?? 0 }) => {
      if (!isWriter()) throw new JournalMoved('another writer has begun');
      const fresh: JournalEntry[] = [];
      for (const event of events) {
        if (shared.known.has(keyOf(event))) continue;
        const position = ++shared.head;
        shared.known.set(keyOf(event), position);
        fresh.push({ position, event: structuredClone(event) });
      }
      shared.entries.push(...fresh);
      if (fresh.length > 0) shared.origins.push({ last: shared.head, service, from, upTo });
      shared.checkpoints.set(service, Math.max(upTo, shared.checkpoints.get(service) ?? 0));
      if (fresh.length > 0) for (const listener of shared.listeners) listener(fresh);
      return fresh;
    },
    places: async ({ events }) => events.map((event) => shared.known.get(keyOf(event)) ?? null),
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
      if (mine !== null && shared.runs.at(-1)?.name !== mine) throw new JournalMoved('another writer has begun');
      const { entries, head } = shared;
      const old = entries.findIndex(({ event, position }) => event.time >= olderThan || position > head - keep);
      const gone = old === -1 ? entries.length : old;
      shared.floor = entries[gone - 1]?.position ?? shared.floor;
      for (const { position, event } of entries.slice(0, gone))
        if (position > shared.unremembered)
          shared.trimmed.push({ position, service: originOf(position)?.service ?? 'gateway', mark: markOf(event) });
        else shared.known.delete(keyOf(event));
      shared.entries = entries.slice(gone);
    },
    trimmed: async (after) => {
      if (after < shared.unremembered) return null;
      const entries = shared.trimmed.filter(({ position }) => position > after).slice(0, SLICE);
      const last = entries.at(-1);
      return last ? { upTo: last.position, logs: logsOf(entries), entries } : null;
    },
    restart: async () => {
      if (!isWriter()) throw new JournalMoved('another writer has begun');
      const nothing = { head: 0, floor: 0, unremembered: 0, entries: [], runs: [], origins: [], trimmed: [] };
      Object.assign(shared, { number: shared.number + 1, ...nothing });
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
